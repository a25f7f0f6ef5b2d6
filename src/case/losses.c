#include "case/losses.h"

#include "base/assert.h"

enum { KEYS_MAX = 1000 };

/* A key that is lost, and of how many. */
struct loss {
    struct fb_str key;
    struct fb_str first; /* element */
    size_t count;
};

struct losses {
    struct fb_arena arena;
    struct fb_map after; /* what was read back: id to value */
    struct loss *items;
    size_t count;
    size_t more; /* keys beyond KEYS_MAX */
};

static bool is_list_of(const struct fb_yaml *list, const struct fb_yaml *one)
{
    return list->kind == FB_YAML_LIST && list->count == 1 && one->kind == FB_YAML_SCALAR &&
           list->child->kind == FB_YAML_SCALAR && fb_str_eq(list->child->text, one->text);
}

/* A key with nothing in it says as much as no key. */
static bool is_nothing(const struct fb_yaml *value)
{
    return value->kind != FB_YAML_SCALAR
               ? value->count == 0
               : value->text.len == 0 ||
                     (value->plain && fb_yaml_type(value->text) == FB_YAML_FALSE);
}

static bool is_same(const struct fb_yaml *before, const struct fb_yaml *after)
{
    if (!after) {
        return is_nothing(before);
    }
    if (before->kind == FB_YAML_SCALAR && after->kind == FB_YAML_SCALAR) {
        return fb_str_eq(fb_str_trim(before->text), fb_str_trim(after->text));
    }
    return fb_yaml_equal(before, after) || is_list_of(before, after) || is_list_of(after, before);
}

/* The kind that an element of a tree is read as. */
static bool kind_of(const struct fb_yaml *element, enum fb_element_kind *out)
{
    const struct fb_yaml *type = fb_yaml_get(element, "nodeType");
    return type ? fb_element_kind_of_type(type->text, out)
                : fb_element_kind_of_id(element->key, out);
}

static bool is_same_kind(const struct fb_yaml *before, const struct fb_yaml *after)
{
    enum fb_element_kind was, is;
    bool had = kind_of(before, &was), has = kind_of(after, &is);
    return had == has && (!had || was == is);
}

static void add_loss(struct losses *l, struct fb_str key, struct fb_str element)
{
    for (size_t i = 0; i < l->count; i++) {
        if (fb_str_eq(l->items[i].key, key)) {
            l->items[i].count++;
            return;
        }
    }
    if (l->count == KEYS_MAX) {
        l->more++;
        return;
    }
    l->items[l->count++] = (struct loss){key, element, 1};
}

static void compare_element(struct losses *l, const struct fb_yaml *before)
{
    const struct fb_yaml *after = fb_map_get(&l->after, before->key);
    if (!after) {
        add_loss(l, FB_STR(""), before->key);
        return;
    }
    if (!is_same_kind(before, after)) {
        add_loss(l, FB_STR("nodeType"), before->key);
    }
    for (const struct fb_yaml *m = before->kind == FB_YAML_MAP ? before->child : NULL; m;
         m = m->next) {
        const struct fb_yaml *now = after->kind == FB_YAML_MAP ? after->child : NULL;
        while (now && !fb_str_eq(now->key, m->key)) {
            now = now->next;
        }
        if (!fb_str_is(m->key, "nodeType") && !is_same(m, now)) {
            add_loss(l, m->key, before->key);
        }
    }
}

static void print(const struct losses *l, struct fb_buf *out)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct loss *x = &l->items[i];
        if (fb_str_is(x->first, "module")) {
            fb_buf_addf(out, "'%.*s' of the module section\n", FB_STR_ARG(x->key));
        } else if (x->key.len == 0) {
            fb_buf_addf(out, "the names of %zu element%s, '%.*s' among them\n", x->count,
                x->count == 1 ? "" : "s", FB_STR_ARG(x->first));
        } else {
            fb_buf_addf(out, "'%.*s' of %zu element%s, '%.*s' among them\n", FB_STR_ARG(x->key),
                x->count, x->count == 1 ? "" : "s", FB_STR_ARG(x->first));
        }
    }
    if (l->more > 0) {
        fb_buf_addf(out, "more: %zu values under other keys\n", l->more);
    }
}

/* The module section is compared on its own, so that its keys do not mix with those of elements. */
static void compare(struct losses *l, const struct fb_yaml *root, struct fb_buf *out)
{
    for (int turn = 0; turn < 2; turn++) {
        for (const struct fb_yaml *e = root->child; e; e = e->next) {
            if (fb_str_is(e->key, "module") == (turn == 0)) {
                compare_element(l, e);
            }
        }
        print(l, out);
        l->count = l->more = 0;
    }
}

enum fb_code fb_case_losses(const struct fb_doc *doc, enum fb_case_format format,
    struct fb_str written, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(doc && doc->module_count == 1 && out && err);
    struct losses l = {.count = 0};
    struct fb_doc_file file = {.path = doc->modules[0].path, .text = written};
    struct fb_yaml *root = NULL;
    fb_arena_init(&l.arena, (size_t)1 << 31);
    fb_map_init(&l.after);
    l.items = FB_ARENA_ARRAY(&l.arena, struct loss, KEYS_MAX);
    enum fb_code code = l.items ? fb_case_read_tree(&file, format, &l.arena, &root, err)
                                : fb_arena_failed(&l.arena, err);
    for (struct fb_yaml *e = code == FB_OK && root ? root->child : NULL; code == FB_OK && e;
         e = e->next) {
        code = fb_map_put(&l.after, e->key, e, err);
    }
    if (code == FB_OK) {
        compare(&l, doc->modules[0].root, out);
        code = fb_buf_check(out, "list of what is lost", err);
    }
    fb_map_release(&l.after);
    fb_arena_release(&l.arena);
    return code;
}
