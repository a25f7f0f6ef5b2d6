#include "case/ltac.h"

#include <string.h>
#include <strings.h>

#include "base/assert.h"

static const char *const TYPES[] = {
    "Claim", "Strategy", "Evidence", "Justification", "Context", "Assumption", "Relation", "Link"};
enum { TYPE_COUNT = sizeof(TYPES) / sizeof(TYPES[0]) };

const char *fb_ltac_type_name(enum fb_ltac_type type)
{
    FB_ASSERT((unsigned)type < TYPE_COUNT);
    return TYPES[type];
}

bool fb_ltac_has(const struct fb_ltac_node *node, const char *option)
{
    struct fb_str rest = node->options;
    size_t len = strlen(option);
    while (rest.len > 0) {
        size_t end = fb_str_find(rest, ',', 0);
        struct fb_str one = fb_str_trim(fb_str_sub(rest, 0, end));
        if (one.len == len && strncasecmp(one.ptr, option, len) == 0) {
            return true;
        }
        rest = fb_str_sub(rest, end + 1, SIZE_MAX);
    }
    return false;
}

struct reading {
    struct fb_str text;
    const char *name;
    struct fb_arena *arena;
    struct fb_ltac *out;
    size_t cap;
    uint32_t open[FB_LTAC_DEPTH_MAX]; /* the node that is open at each depth */
    size_t open_count;
    uint32_t line; /* the one in hand */
    size_t offset;
    size_t gap; /* where the comments above it begin */
};

static enum fb_code refuse(const struct reading *r, size_t column, const char *message,
    const char *hint, struct fb_err *err)
{
    (void)fb_err_set(err, FB_E_SYNTAX, "%s", message);
    (void)fb_err_hint(err, "%s", hint);
    return fb_yaml_err_at(err, r->text, r->name, r->line, r->offset + column);
}

static size_t skip_space(struct fb_str s, size_t at)
{
    while (at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\t')) {
        at++;
    }
    return at;
}

/* Whether s from `at` on is nothing but an optional {options} and an optional (reference). */
static bool is_tail(struct fb_str s, size_t at, struct fb_ltac_node *out)
{
    struct fb_str options = {"", 0}, ref = {"", 0};
    at = skip_space(s, at);
    if (at < s.len && s.ptr[at] == '{') {
        size_t end = fb_str_find(s, '}', at);
        if (end == s.len) {
            return false;
        }
        options = fb_str_sub(s, at + 1, end - at - 1);
        at = skip_space(s, end + 1);
    }
    if (at < s.len && s.ptr[at] == '(') {
        size_t end = fb_str_find(s, ')', at);
        if (end == s.len) {
            return false;
        }
        ref = fb_str_sub(s, at + 1, end - at - 1);
        at = skip_space(s, end + 1);
    }
    if (at != s.len) {
        return false;
    }
    out->options = fb_str_trim(options);
    out->ref = fb_str_trim(ref);
    return true;
}

/* Splits text from its tail: the text is as short as it can be. */
static struct fb_str split_tail(struct fb_str s, struct fb_ltac_node *out)
{
    for (size_t i = 0; i < s.len; i++) {
        bool may = s.ptr[i] == ' ' || s.ptr[i] == '{' || s.ptr[i] == '(' || s.ptr[i] == '\t';
        if (may && is_tail(s, i, out)) {
            return fb_str_trim(fb_str_sub(s, 0, i));
        }
    }
    return fb_str_trim(s);
}

/* A name for an element without id: its text without what ids cannot have. */
static enum fb_code infer_name(struct reading *r, struct fb_ltac_node *node, struct fb_err *err)
{
    char *name = fb_arena_alloc(r->arena, node->text.len + 1);
    size_t len = 0;
    if (!name) {
        return fb_arena_failed(r->arena, err);
    }
    for (size_t i = 0; i < node->text.len; i++) {
        if (!strchr(":^{}()", node->text.ptr[i])) {
            name[len++] = node->text.ptr[i];
        }
    }
    node->name = fb_str_trim((struct fb_str){name, len});
    return FB_OK;
}

/* What stands behind the type: [^]identifier [: text] [{options}] [(reference)]. */
static enum fb_code read_rest(
    struct reading *r, struct fb_str rest, struct fb_ltac_node *node, struct fb_err *err)
{
    size_t colon = 0;
    while (colon < rest.len && !strchr(":{(", rest.ptr[colon])) {
        colon++;
    }
    struct fb_str id = fb_str_trim(fb_str_sub(rest, 0, colon));
    bool has_colon = colon < rest.len && rest.ptr[colon] == ':';
    node->cited = id.len > 0 && id.ptr[0] == '^';
    node->id = fb_str_trim(node->cited ? fb_str_sub(id, 1, SIZE_MAX) : id);
    if (has_colon) {
        node->text = split_tail(fb_str_trim(fb_str_sub(rest, colon + 1, SIZE_MAX)), node);
    } else if (!is_tail(rest, colon, node)) {
        return refuse(r, 0, "this is no element: text needs a ':' before it",
            "Write as in '- Claim C1: text'.", err);
    }
    bool link = node->type == FB_LTAC_LINK;
    if ((node->cited || link) && node->id.len == 0) {
        return refuse(r, 0, "a link or citation names nothing", "Write as in '- Link C1'.", err);
    }
    if (!node->cited && !link && !has_colon) {
        return refuse(
            r, 0, "an element needs a ':' behind its id", "Write as in '- Claim C1: text'.", err);
    }
    node->name = node->id;
    if (node->name.len == 0) {
        enum fb_code code = infer_name(r, node, err);
        if (code != FB_OK) {
            return code;
        }
    }
    return node->name.len > 0
               ? FB_OK
               : refuse(r, 0, "an element has neither id nor text", "Give it one of them.", err);
}

static enum fb_code add_node(
    struct reading *r, struct fb_ltac_node *node, size_t indent, struct fb_err *err)
{
    if (indent % 2 != 0) {
        return refuse(
            r, 0, "a line is indented by an odd number of spaces", "Two spaces make a level.", err);
    }
    node->depth = (uint32_t)(indent / 2);
    if (node->depth >= FB_LTAC_DEPTH_MAX) {
        (void)fb_err_set(err, FB_E_LIMIT, "lines are nested deeper than 1,000 levels");
        return fb_yaml_err_at(err, r->text, r->name, r->line, r->offset);
    }
    if (node->depth > r->open_count) {
        return refuse(r, 0, "a line is indented by more than one level",
            "Indent by two spaces more than the element that it belongs to.", err);
    }
    r->open_count = node->depth;
    node->parent = node->depth ? r->open[node->depth - 1] : FB_LTAC_NONE;
    const struct fb_ltac_node *parent = node->depth ? &r->out->nodes[node->parent] : NULL;
    if (parent && (parent->cited || parent->type == FB_LTAC_LINK)) {
        return refuse(r, 0, "something stands below a link or citation",
            "Put it below the element itself.", err);
    }
    if (r->out->count == FB_CASE_ELEMENTS_MAX) {
        (void)fb_err_set(err, FB_E_LIMIT, "the case has more than 100,000 elements");
        return fb_yaml_err_at(err, r->text, r->name, r->line, r->offset);
    }
    if (r->out->count == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 64;
        struct fb_ltac_node *more = FB_ARENA_ARRAY(r->arena, struct fb_ltac_node, cap);
        if (!more) {
            return fb_arena_failed(r->arena, err);
        }
        if (r->out->count) {
            memcpy(more, r->out->nodes, r->out->count * sizeof(*more));
        }
        r->out->nodes = more;
        r->cap = cap;
    }
    r->open[r->open_count++] = (uint32_t)r->out->count;
    r->out->nodes[r->out->count++] = *node;
    return FB_OK;
}

static enum fb_code read_line(struct reading *r, struct fb_str line, struct fb_err *err)
{
    size_t indent = 0;
    while (indent < line.len && line.ptr[indent] == ' ') {
        indent++;
    }
    struct fb_str rest = fb_str_sub(line, indent, SIZE_MAX);
    struct fb_ltac_node node = {
        .line = r->line, .offset = r->offset + indent, .options = {"", 0}, .ref = {"", 0}};
    if (line.len > FB_LTAC_LINE_MAX) {
        (void)fb_err_set(err, FB_E_LIMIT, "a line is longer than 8,192 bytes");
        return fb_yaml_err_at(err, r->text, r->name, r->line, r->offset);
    }
    if (!fb_str_starts(rest, FB_STR("- "))) {
        return refuse(r, indent, "this line is neither an element nor a comment",
            "Elements begin with '- ', comments with '#'.", err);
    }
    rest = fb_str_sub(rest, 2, SIZE_MAX);
    size_t word = 0, type = 0;
    while (word < rest.len && !strchr(" \t:", rest.ptr[word])) {
        word++;
    }
    while (type < TYPE_COUNT && !fb_str_is(fb_str_sub(rest, 0, word), TYPES[type])) {
        type++;
    }
    if (type == TYPE_COUNT) {
        return refuse(r, indent + 2, "this is no type of element",
            "Claim, Strategy, Evidence, Justification, Context, Assumption, Relation and Link are.",
            err);
    }
    node.type = (enum fb_ltac_type)type;
    node.before = fb_str_sub(r->text, r->gap, r->offset - r->gap);
    enum fb_code code = read_rest(r, fb_str_trim(fb_str_sub(rest, word, SIZE_MAX)), &node, err);
    return code != FB_OK ? code : add_node(r, &node, indent, err);
}

enum fb_code fb_ltac_read(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_ltac *out, struct fb_err *err)
{
    FB_ASSERT(arena && out && err);
    size_t bad = 0;
    struct fb_ltac made = {.nodes = NULL};
    struct reading r = {.text = text, .name = name, .arena = arena, .out = &made};
    if (!fb_str_utf8(text, &bad)) {
        (void)fb_err_set(err, FB_E_UTF8, "the text is not valid UTF-8");
        return fb_yaml_err_at(err, text, name, 1, bad);
    }
    struct fb_str rest = text, line;
    while (fb_str_line(&rest, &line)) {
        r.line++;
        struct fb_str plain = fb_str_trim(line);
        if (plain.len > 0 && plain.ptr[0] != '#') {
            size_t len = line.len;
            len -= len > 0 && line.ptr[len - 1] == '\r';
            enum fb_code code = read_line(&r, fb_str_sub(line, 0, len), err);
            if (code != FB_OK) {
                return code;
            }
            r.gap = text.len - rest.len;
        }
        r.offset = text.len - rest.len;
    }
    made.after = fb_str_sub(text, r.gap, SIZE_MAX);
    *out = made;
    return FB_OK;
}

/* Comments above a line, at its depth. A blank line first is what separates packages, and is left
 * to the writer there. */
static void add_comments(struct fb_buf *out, struct fb_str comments, uint32_t depth, bool package)
{
    struct fb_str line;
    for (bool first = true; fb_str_line(&comments, &line); first = false) {
        line = fb_str_trim(line);
        if (first && package && line.len == 0) {
            continue;
        }
        for (uint32_t i = 0; i < depth && line.len > 0; i++) {
            fb_buf_add_c(out, "  ");
        }
        fb_buf_add_str(out, line);
        fb_buf_add_char(out, '\n');
    }
}

static void add_node_line(struct fb_buf *out, const struct fb_ltac_node *node)
{
    for (uint32_t i = 0; i < node->depth; i++) {
        fb_buf_add_c(out, "  ");
    }
    fb_buf_addf(out, "- %s", TYPES[node->type]);
    if (node->id.len > 0) {
        fb_buf_addf(out, " %s", node->cited ? "^" : "");
        fb_buf_add_str(out, node->id);
    }
    bool declared = !node->cited && node->type != FB_LTAC_LINK;
    if (node->text.len > 0 || declared) {
        fb_buf_add_c(out, node->text.len > 0 ? ": " : ":");
        fb_buf_add_str(out, node->text);
    }
    /* Braces and parentheses at the end of a text are no options and no reference when empty ones
     * follow. */
    struct fb_ltac_node ignored = {.options = {"", 0}, .ref = {"", 0}};
    bool ambiguous = node->text.len > 0 && split_tail(node->text, &ignored).len < node->text.len;
    bool braces = node->options.len > 0 ||
                  (ambiguous && ignored.options.len > 0 && ignored.ref.len == 0) ||
                  (ambiguous && fb_str_ends(node->text, FB_STR("}")));
    if (braces) {
        fb_buf_add_c(out, " {");
        fb_buf_add_str(out, node->options);
        fb_buf_add_char(out, '}');
    }
    if (node->ref.len > 0 || (ambiguous && !braces)) {
        fb_buf_add_c(out, " (");
        fb_buf_add_str(out, node->ref);
        fb_buf_add_char(out, ')');
    }
    fb_buf_add_char(out, '\n');
}

void fb_ltac_print(const struct fb_ltac *ltac, struct fb_buf *out)
{
    FB_ASSERT(ltac && out);
    for (size_t i = 0; i < ltac->count; i++) {
        const struct fb_ltac_node *node = &ltac->nodes[i];
        bool package = node->depth == 0;
        if (package && i > 0) {
            fb_buf_add_char(out, '\n');
        }
        add_comments(out, node->before, node->depth, package);
        add_node_line(out, node);
    }
    struct fb_str after = fb_str_trim(ltac->after);
    if (after.len > 0) {
        fb_buf_add_c(out, ltac->count ? "\n" : "");
        add_comments(out, ltac->after, 0, true);
    }
}
