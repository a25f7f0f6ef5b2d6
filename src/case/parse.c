#include "case/parse.h"

#include "base/assert.h"

/* Longest prefix first. */
static const struct {
    const char *prefix;
    const char *type; /* as nodeType writes it */
    const char *name;
    enum fb_element_kind kind;
} KINDS[] = {
    {"CSn", "CounterSolution", "counter solution", FB_ELEMENT_COUNTER_SOLUTION},
    {"CG", "CounterGoal", "counter goal", FB_ELEMENT_COUNTER_GOAL},
    {"Sn", "Solution", "solution", FB_ELEMENT_SOLUTION},
    {"G", "Goal", "goal", FB_ELEMENT_GOAL},
    {"S", "Strategy", "strategy", FB_ELEMENT_STRATEGY},
    {"C", "Context", "context", FB_ELEMENT_CONTEXT},
    {"A", "Assumption", "assumption", FB_ELEMENT_ASSUMPTION},
    {"J", "Justification", "justification", FB_ELEMENT_JUSTIFICATION},
};
enum { KIND_COUNT = sizeof(KINDS) / sizeof(KINDS[0]) };

const char *fb_element_kind_name(enum fb_element_kind kind)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (KINDS[i].kind == kind) {
            return KINDS[i].name;
        }
    }
    return "?";
}

enum fb_code fb_case_err_at(
    const struct fb_case_builder *b, const struct fb_yaml *node, struct fb_err *err)
{
    return fb_yaml_err_at(err, b->text, b->name, node->line, node->offset);
}

enum fb_code fb_case_err_at_key(
    const struct fb_case_builder *b, const struct fb_yaml *node, struct fb_err *err)
{
    return fb_yaml_err_at(err, b->text, b->name, node->key_line, node->key_offset);
}

static bool is_null(const struct fb_yaml *node)
{
    return node->kind == FB_YAML_SCALAR && node->plain &&
           (node->text.len == 0 || fb_str_is(node->text, "~") || fb_str_is(node->text, "null"));
}

/* The text of a scalar member; untouched when the member is absent. */
static enum fb_code read_text(const struct fb_case_builder *b, const struct fb_yaml *element,
    const char *key, struct fb_str *out, struct fb_err *err)
{
    const struct fb_yaml *node = fb_yaml_get(element, key);
    if (!node || is_null(node)) {
        return FB_OK;
    }
    if (node->kind != FB_YAML_SCALAR) {
        (void)fb_err_set(
            err, FB_E_SCHEMA, "'%s' of '%.*s' is not text", key, FB_STR_ARG(element->key));
        return fb_case_err_at(b, node, err);
    }
    return fb_arena_str(b->arena, fb_str_trim(node->text), out, err);
}

static enum fb_code read_flag(const struct fb_case_builder *b, const struct fb_yaml *element,
    const char *key, bool *out, struct fb_err *err)
{
    const struct fb_yaml *node = fb_yaml_get(element, key);
    if (!node) {
        return FB_OK;
    }
    if (node->kind == FB_YAML_SCALAR && fb_str_is(node->text, "true")) {
        *out = true;
        return FB_OK;
    }
    if (node->kind == FB_YAML_SCALAR && fb_str_is(node->text, "false")) {
        *out = false;
        return FB_OK;
    }
    (void)fb_err_set(err, FB_E_SCHEMA, "'%s' of '%.*s' is neither true nor false", key,
        FB_STR_ARG(element->key));
    return fb_case_err_at(b, node, err);
}

/* The kind by nodeType, or else by the id. */
static enum fb_code read_kind(const struct fb_case_builder *b, const struct fb_yaml *node,
    struct fb_element *element, struct fb_err *err)
{
    const struct fb_yaml *type = fb_yaml_get(node, "nodeType");
    for (size_t i = 0; i < KIND_COUNT; i++) {
        bool is = type ? type->kind == FB_YAML_SCALAR && fb_str_is(type->text, KINDS[i].type)
                       : fb_str_starts(node->key, fb_str_of(KINDS[i].prefix));
        if (is) {
            element->kind = KINDS[i].kind;
            return FB_OK;
        }
    }
    if (type) {
        (void)fb_err_set(err, FB_E_UNSUPPORTED, "nodeType '%.*s' of '%.*s' is not supported",
            FB_STR_ARG(type->text), FB_STR_ARG(node->key));
        (void)fb_err_hint(err, "Goal, Strategy, Solution, Context, Assumption, Justification, "
                               "CounterGoal and CounterSolution are.");
        return fb_case_err_at(b, type, err);
    }
    (void)fb_err_set(err, FB_E_SCHEMA, "id '%.*s' does not say what it is", FB_STR_ARG(node->key));
    (void)fb_err_hint(err, "Ids begin with G, S, Sn, C, A, J, CG or CSn; or add a nodeType.");
    return fb_case_err_at_key(b, node, err);
}

static enum fb_code support_error(
    const struct fb_case_builder *b, const struct fb_yaml *node, struct fb_err *err)
{
    (void)fb_err_set(
        err, FB_E_SCHEMA, "'%.*s' does not say how much support is needed", FB_STR_ARG(node->text));
    (void)fb_err_hint(err, "Write all, any, or as in '2 of 3' the number needed of those listed.");
    return fb_case_err_at(b, node, err);
}

/* "all", "any" or "k of n"; n must be the number of supporters. */
static enum fb_code read_support(const struct fb_case_builder *b, const struct fb_yaml *node,
    struct fb_element *element, struct fb_err *err)
{
    const struct fb_yaml *support = fb_yaml_get(node, "support");
    const struct fb_yaml *list = fb_yaml_get(node, "supportedBy");
    uint64_t total = !list ? 0 : list->kind == FB_YAML_LIST ? list->count : 1;
    if (!support || fb_str_is(support->text, "all")) {
        element->support = FB_SUPPORT_ALL;
        return FB_OK;
    }
    if (fb_str_is(support->text, "any")) {
        element->support = FB_SUPPORT_ANY;
        return FB_OK;
    }
    size_t gap = fb_str_find(support->text, ' ', 0);
    struct fb_str rest = fb_str_sub(support->text, gap, SIZE_MAX);
    uint64_t need = 0, of = 0;
    if (!fb_str_starts(rest, FB_STR(" of ")) ||
        !fb_str_u64(fb_str_sub(support->text, 0, gap), &need) ||
        !fb_str_u64(fb_str_trim(fb_str_sub(rest, 4, SIZE_MAX)), &of)) {
        return support_error(b, support, err);
    }
    if (of != total || need < 1 || need > of) {
        (void)fb_err_set(err, FB_E_SCHEMA, "'%.*s' is not possible: '%.*s' lists %llu supporters",
            FB_STR_ARG(support->text), FB_STR_ARG(node->key), (unsigned long long)total);
        (void)fb_err_hint(err, "The second number counts what stands under supportedBy.");
        return fb_case_err_at(b, support, err);
    }
    element->support = FB_SUPPORT_K_OF_N;
    element->support_k = (uint32_t)need;
    return FB_OK;
}

static enum fb_code check_evidence(const struct fb_case_builder *b, const struct fb_yaml *node,
    const struct fb_element *element, struct fb_err *err)
{
    if (element->predicate.len == 0) {
        return FB_OK;
    }
    const char *why = fb_yaml_get(node, "supportedBy") ? "is supported by others"
                      : element->undeveloped           ? "is undeveloped"
                                                       : NULL;
    if (!why) {
        return FB_OK;
    }
    (void)fb_err_set(err, FB_E_SCHEMA, "'%.*s' has evidence and %s", FB_STR_ARG(element->id), why);
    (void)fb_err_hint(err, "Give the evidence to a solution of its own.");
    return fb_case_err_at(b, fb_yaml_get(node, "evidence"), err);
}

static enum fb_code read_element(const struct fb_case_builder *b, const struct fb_yaml *node,
    struct fb_element *element, struct fb_err *err)
{
    if (node->kind != FB_YAML_MAP && !is_null(node)) {
        (void)fb_err_set(err, FB_E_SCHEMA, "'%.*s' is not a mapping", FB_STR_ARG(node->key));
        (void)fb_err_hint(err, "Write its text under the key 'text'.");
        return fb_case_err_at(b, node, err);
    }
    element->line = node->key_line;
    enum fb_code code = fb_arena_str(b->arena, node->key, &element->id, err);
    code = code != FB_OK ? code : read_kind(b, node, element, err);
    code = code != FB_OK ? code : read_text(b, node, "text", &element->text, err);
    code = code != FB_OK ? code : read_text(b, node, "url", &element->url, err);
    code = code != FB_OK ? code : read_text(b, node, "evidence", &element->predicate, err);
    code = code != FB_OK ? code : read_flag(b, node, "undeveloped", &element->undeveloped, err);
    code = code != FB_OK ? code : read_support(b, node, element, err);
    return code != FB_OK ? code : check_evidence(b, node, element, err);
}

/* The module section: names the case. What spans files is refused. */
static enum fb_code read_module(
    const struct fb_case_builder *b, const struct fb_yaml *module, struct fb_err *err)
{
    if (!module) {
        return FB_OK;
    }
    static const char *const ACROSS[] = {"uses", "extends"};
    for (size_t i = 0; i < 2; i++) {
        const struct fb_yaml *across = fb_yaml_get(module, ACROSS[i]);
        if (across && across->count > 0) {
            (void)fb_err_set(err, FB_E_UNSUPPORTED, "the module %s other files", ACROSS[i]);
            (void)fb_err_hint(err, "Put the whole argument into one file.");
            return fb_case_err_at_key(b, across, err);
        }
    }
    enum fb_code code = read_text(b, module, "name", &b->argument->name, err);
    return code != FB_OK ? code : read_text(b, module, "brief", &b->argument->title, err);
}

static enum fb_code read_elements(
    struct fb_case_builder *b, const struct fb_yaml *root, struct fb_err *err)
{
    size_t count = root->count - (fb_yaml_get(root, "module") != NULL);
    if (count == 0) {
        (void)fb_err_set(err, FB_E_SYNTAX, "the case has no elements");
        return fb_case_err_at(b, root, err);
    }
    if (count > FB_CASE_ELEMENTS_MAX) {
        (void)fb_err_set(err, FB_E_LIMIT, "the case has more than 100,000 elements");
        return fb_case_err_at(b, root, err);
    }
    b->argument->elements = FB_ARENA_ARRAY(b->arena, struct fb_element, count);
    b->nodes = FB_ARENA_ARRAY(b->scratch, const struct fb_yaml *, count);
    if (!b->argument->elements) {
        return fb_arena_failed(b->arena, err);
    }
    if (!b->nodes) {
        return fb_arena_failed(b->scratch, err);
    }
    for (const struct fb_yaml *node = root->child; node; node = node->next) {
        if (fb_str_is(node->key, "module")) {
            continue;
        }
        size_t at = b->argument->element_count++;
        FB_ASSERT(at < count);
        struct fb_element *element = &b->argument->elements[at];
        b->nodes[at] = node;
        enum fb_code code = read_element(b, node, element, err);
        code = code != FB_OK ? code : fb_map_put(&b->ids, element->id, element, err);
        if (code != FB_OK) {
            return code;
        }
    }
    return FB_OK;
}

static enum fb_code build(struct fb_case_builder *b, struct fb_err *err)
{
    struct fb_yaml *root = NULL;
    enum fb_code code = fb_yaml_parse(b->text, b->name, b->scratch, &root, err);
    if (code != FB_OK) {
        return code;
    }
    if (!root || root->kind != FB_YAML_MAP) {
        (void)fb_err_set(
            err, FB_E_SYNTAX, root ? "the case is not a mapping of elements" : "the case is empty");
        (void)fb_err_hint(err, "A case is a mapping from ids, as G1, to elements.");
        fb_err_place(err, b->name, 1, 1, 0);
        return err->code;
    }
    code = read_module(b, fb_yaml_get(root, "module"), err);
    code = code != FB_OK ? code : read_elements(b, root, err);
    code = code != FB_OK ? code : fb_case_resolve(b, err);
    code = code != FB_OK ? code : fb_case_check(b, err);
    if (code != FB_OK) {
        return code;
    }
    if (b->argument->title.len == 0) {
        b->argument->title = b->argument->elements[b->argument->top].text;
    }
    return b->argument->name.len
               ? FB_OK
               : fb_arena_str(b->arena, fb_str_of(b->name), &b->argument->name, err);
}

enum fb_code fb_case_parse(struct fb_str yaml, const char *name, struct fb_arena *arena,
    struct fb_case **out, struct fb_err *err)
{
    FB_ASSERT(arena && out && err);
    if (yaml.len > FB_CASE_TEXT_MAX) {
        (void)fb_err_set(err, FB_E_LIMIT, "the case is longer than 16 MiB");
        fb_err_place(err, name, 0, 0, -1);
        return err->code;
    }
    struct fb_arena scratch;
    fb_arena_init(&scratch, (size_t)1 << 30);
    struct fb_case_builder b = {.text = yaml, .name = name, .arena = arena, .scratch = &scratch};
    fb_map_init(&b.ids);
    enum fb_code code = FB_OK;
    b.argument = FB_ARENA_NEW(arena, struct fb_case);
    code = b.argument ? build(&b, err) : fb_arena_failed(arena, err);
    if (code == FB_OK) {
        *out = b.argument;
    }
    fb_map_release(&b.ids);
    fb_arena_release(&scratch);
    return code;
}
