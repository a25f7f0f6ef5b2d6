#include "case/architecture.h"

#include "base/assert.h"
#include "base/map.h"

struct drafting {
    const struct fb_case *c;
    struct fb_arena *arena;
    struct fb_architecture out;
    struct fb_map names;  /* of modules, to index + 1 */
    struct fb_map links;  /* ends and interfaces, to index + 1 */
    struct fb_str *ports; /* of each element: the interface of its module that it is in */
};

/* A file's name without its folders. */
static struct fb_str plain_name(const struct fb_module *module)
{
    struct fb_str name = module->name;
    for (size_t at = name.len; !module->is_named && at > 0; at--) {
        if (name.ptr[at - 1] == '/') {
            return fb_str_sub(name, at, SIZE_MAX);
        }
    }
    return name;
}

static enum fb_code add_node(
    struct drafting *d, struct fb_architecture_node node, struct fb_err *err)
{
    if (d->out.node_count == FB_ARCHITECTURE_NODES_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "more than %d modules are named", FB_ARCHITECTURE_NODES_MAX);
    }
    d->out.nodes[d->out.node_count++] = node;
    if (fb_map_has(&d->names, node.name)) {
        return FB_OK;
    }
    return fb_map_put(&d->names, node.name, (void *)(uintptr_t)d->out.node_count, err);
}

/* The module that an element speaks of: the one that an away element names, else its own. */
static enum fb_code provider_of(
    struct drafting *d, const struct fb_element *e, uint32_t *out, struct fb_err *err)
{
    *out = e->module;
    if (e->away.len == 0) {
        return FB_OK;
    }
    uintptr_t known = (uintptr_t)fb_map_get(&d->names, e->away);
    enum fb_code code = FB_OK;
    if (!known) {
        code = add_node(d, (struct fb_architecture_node){.name = e->away, .is_outside = true}, err);
        known = d->out.node_count;
    }
    *out = (uint32_t)(known - 1);
    return code;
}

/* Adds that one module rests on another, each seen through an interface. */
static enum fb_code add_link(struct drafting *d, const uint32_t ends[2],
    const struct fb_str ports[2], uint8_t mark, struct fb_err *err)
{
    if (ends[0] == ends[1]) {
        return FB_OK;
    }
    /* Both directions are one link. */
    size_t low = ends[0] < ends[1] ? 0 : 1;
    struct fb_str key = fb_arena_printf(d->arena, "%u %u %zu %.*s%.*s", ends[low], ends[1 - low],
        ports[low].len, FB_STR_ARG(ports[low]), FB_STR_ARG(ports[1 - low]));
    if (!key.ptr) {
        return fb_arena_failed(d->arena, err);
    }
    uintptr_t known = (uintptr_t)fb_map_get(&d->links, key);
    if (known) {
        struct fb_architecture_link *link = &d->out.links[known - 1];
        link->marks[link->ends[1] == ends[1] ? 1 : 0] |= mark;
        return FB_OK;
    }
    if (d->out.link_count == FB_ARCHITECTURE_LINKS_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "more than %d modules rest on each other", FB_ARCHITECTURE_LINKS_MAX);
    }
    d->out.links[d->out.link_count++] = (struct fb_architecture_link){
        .ends = {ends[0], ends[1]}, .ports = {ports[0], ports[1]}, .marks = {0, mark}};
    return fb_map_put(&d->links, key, (void *)(uintptr_t)d->out.link_count, err);
}

/* The interface of a module through which an element of it, or what an away element repeats, is
 * seen; empty: the default one. */
static struct fb_str port_of(const struct drafting *d, uint32_t module, uint32_t element)
{
    const struct fb_element *e = &d->c->elements[element];
    for (size_t i = 0; e->module != module && i < e->supported_by_count; i++) {
        if (d->c->elements[e->supported_by[i]].module == module) {
            return d->ports[e->supported_by[i]];
        }
    }
    return e->module == module ? d->ports[element] : FB_STR("");
}

/* A relation from an element to one that supports, explains or challenges it. */
static enum fb_code add_relation(
    struct drafting *d, uint32_t from, uint32_t to, uint8_t mark, struct fb_err *err)
{
    const struct fb_element *e = &d->c->elements[from], *t = &d->c->elements[to];
    uint32_t above = 0, below = 0, home = e->module;
    enum fb_code code = provider_of(d, e, &above, err);
    code = code != FB_OK ? code : provider_of(d, t, &below, err);
    if (code != FB_OK || (above != home && t->module == above)) {
        return code; /* the second: an away element and what it repeats */
    }
    /* What supports an away element supports the module that the element stands in. */
    struct fb_str ports[2] = {port_of(d, above, from), FB_STR("")};
    code = add_link(d, (const uint32_t[2]){above, home}, ports, mark, err);
    struct fb_str own = d->ports[t->module == home ? to : from];
    if (t->symbol == FB_SYMBOL_CONTRACT && below != home) {
        d->out.nodes[below].is_contract = true;
    }
    const struct fb_str through[2] = {own, port_of(d, below, to)};
    return code != FB_OK ? code : add_link(d, (const uint32_t[2]){home, below}, through, mark, err);
}

static enum fb_code add_relations(struct drafting *d, struct fb_err *err)
{
    const struct fb_case *c = d->c;
    enum fb_code code = FB_OK;
    for (uint32_t i = 0; code == FB_OK && i < c->element_count; i++) {
        const struct fb_element *e = &c->elements[i];
        for (size_t k = 0; code == FB_OK && k < e->supported_by_count; k++) {
            code = add_relation(d, i, e->supported_by[k], FB_LINK_SUPPORT, err);
        }
        for (size_t k = 0; code == FB_OK && k < e->context_count; k++) {
            code = add_relation(d, i, e->context[k], FB_LINK_CONTEXT, err);
        }
        for (size_t k = 0; code == FB_OK && k < e->challenger_count; k++) {
            code = add_relation(d, e->challengers[k], i, FB_LINK_CHALLENGE, err);
        }
    }
    return code;
}

static enum fb_code draft(struct drafting *d, struct fb_err *err)
{
    const struct fb_case *c = d->c;
    d->out.nodes = FB_ARENA_ARRAY(d->arena, struct fb_architecture_node, FB_ARCHITECTURE_NODES_MAX);
    d->out.links = FB_ARENA_ARRAY(d->arena, struct fb_architecture_link, FB_ARCHITECTURE_LINKS_MAX);
    d->ports = FB_ARENA_ARRAY(d->arena, struct fb_str, c->element_count);
    if (!d->out.nodes || !d->out.links || !d->ports) {
        return fb_arena_failed(d->arena, err);
    }
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < c->module_count; i++) {
        const struct fb_module *m = &c->modules[i];
        code = add_node(d,
            (struct fb_architecture_node){
                .name = plain_name(m), .text = m->title, .is_contract = m->is_contract},
            err);
    }
    for (size_t i = c->interface_count; i-- > 0;) {
        d->ports[c->interfaces[i].element] = c->interfaces[i].name;
    }
    return code != FB_OK ? code : add_relations(d, err);
}

enum fb_code fb_case_architecture(const struct fb_case *argument, struct fb_arena *arena,
    struct fb_architecture *out, struct fb_err *err)
{
    FB_ASSERT(argument && argument->module_count > 0 && arena && out && err);
    struct drafting d = {.c = argument, .arena = arena};
    fb_map_init(&d.names);
    fb_map_init(&d.links);
    enum fb_code code = draft(&d, err);
    fb_map_release(&d.names);
    fb_map_release(&d.links);
    if (code == FB_OK) {
        *out = d.out;
    }
    return code;
}
