/* trudag.c: graphs of trudag: .dotstop.dot holds nodes, links and their digests, and each node is a
 * markdown file NAME.md somewhere beside it. */
#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "case/formats.h"

enum { FOLDER_DEPTH = 12, MARKDOWN_MAX = 1 << 20 };

/* A node of the graph. */
struct node {
    struct fb_str name;
    struct fb_str sha;
    struct fb_yaml *front; /* the head of its markdown, or NULL */
    struct fb_str body;    /* the text below that */
    struct fb_str path;    /* of the markdown; empty when there is none */
    struct fb_yaml *element;
    uint32_t line;
    size_t offset;
    bool declared;  /* by a line of its own, and not only by links */
    bool has_links; /* to others */
    struct node *next;
};

struct link {
    struct node *from;
    struct node *to;
    struct fb_str sha;
    uint32_t line;
    size_t offset;
    bool again; /* an earlier one has the same ends and a digest */
    struct link *next;
};

struct reading {
    const struct fb_doc_file *file;
    struct fb_arena *arena;
    struct fb_yaml_builder b;
    struct fb_yaml *root;
    struct fb_map names; /* to struct node */
    struct fb_map pairs; /* of links with a digest, by their ends */
    struct node *first, *last;
    struct link *links, *last_link;
    size_t count;
    uint32_t line;
    size_t offset;
};

static enum fb_code refuse(const struct reading *r, const char *message, struct fb_err *err)
{
    (void)fb_err_set(err, FB_E_SYNTAX, "%s", message);
    (void)fb_err_hint(err, "A line is \"A\" [sha=...]; or \"A\" -> \"B\" [sha=...];");
    return fb_yaml_err_at(err, r->file->text, r->file->path, r->line, r->offset);
}

/* Takes a name, quoted or not, off a line. */
static bool take_name(struct fb_str *rest, struct fb_str *out)
{
    *rest = fb_str_trim(*rest);
    if (rest->len > 0 && rest->ptr[0] == '"') {
        size_t end = fb_str_find(*rest, '"', 1);
        if (end == rest->len || rest->ptr[end - 1] == '\\') {
            return false; /* trudag has no quotes in names */
        }
        *out = fb_str_sub(*rest, 1, end - 1);
        *rest = fb_str_trim(fb_str_sub(*rest, end + 1, SIZE_MAX));
        return out->len > 0;
    }
    size_t end = 0;
    while (end < rest->len && !strchr(" \t[];=,", rest->ptr[end])) {
        end++;
    }
    *out = fb_str_sub(*rest, 0, end);
    *rest = fb_str_trim(fb_str_sub(*rest, end, SIZE_MAX));
    return end > 0;
}

/* The value of sha in "[sha=..., other=...]"; empty when there is none. */
static struct fb_str take_sha(struct fb_str rest)
{
    struct fb_str key, value;
    rest = fb_str_trim(rest);
    if (rest.len == 0 || rest.ptr[0] != '[') {
        return FB_STR("");
    }
    rest = fb_str_sub(rest, 1, SIZE_MAX);
    while (take_name(&rest, &key) && rest.len > 0 && rest.ptr[0] == '=') {
        rest = fb_str_sub(rest, 1, SIZE_MAX);
        if (!take_name(&rest, &value)) {
            break;
        }
        if (fb_str_is(key, "sha")) {
            return value;
        }
        rest = rest.len > 0 && rest.ptr[0] == ',' ? fb_str_sub(rest, 1, SIZE_MAX) : rest;
    }
    return FB_STR("");
}

static enum fb_code node_of(
    struct reading *r, struct fb_str name, struct node **out, struct fb_err *err)
{
    *out = fb_map_get(&r->names, name);
    if (*out) {
        return FB_OK;
    }
    if (fb_case_is_head(name)) {
        (void)fb_err_set(
            err, FB_E_SCHEMA, "'%.*s' is kept for the head of a case", FB_STR_ARG(name));
        return fb_yaml_err_at(err, r->file->text, r->file->path, r->line, r->offset);
    }
    if (r->count++ == FB_CASE_ELEMENTS_MAX) {
        (void)fb_err_set(err, FB_E_LIMIT, "the case has more than 100,000 elements");
        return fb_yaml_err_at(err, r->file->text, r->file->path, r->line, r->offset);
    }
    struct node *node = FB_ARENA_NEW(r->arena, struct node);
    if (!node) {
        return fb_arena_failed(r->arena, err);
    }
    node->name = name;
    node->line = r->line;
    node->offset = r->offset;
    if (r->last) {
        r->last->next = node;
    } else {
        r->first = node;
    }
    r->last = node;
    *out = node;
    return fb_map_put(&r->names, name, node, err);
}

/* Notes whether a link of these ends, with a digest, was there before. */
static enum fb_code note_pair(struct reading *r, struct link *link, struct fb_err *err)
{
    char *ends = fb_arena_alloc(r->arena, 2 * sizeof(link->from));
    if (!ends) {
        return fb_arena_failed(r->arena, err);
    }
    memcpy(ends, &link->from, sizeof(link->from));
    memcpy(ends + sizeof(link->from), &link->to, sizeof(link->to));
    struct fb_str key = {ends, 2 * sizeof(link->from)};
    link->again = fb_map_has(&r->pairs, key);
    return link->again ? FB_OK : fb_map_put(&r->pairs, key, NULL, err);
}

/* A line that says nothing of nodes and links: comments, how things look. */
static bool is_other(struct fb_str line)
{
    static const char *const STARTS[] = {"//", "#"};
    static const char *const LOOKS[] = {"graph", "node", "edge"};
    size_t comment = fb_str_find(line, '/', 2);
    bool other = line.len == 0 || fb_str_is(line, "}") || fb_str_is(line, "{");
    other = other || (fb_str_starts(line, FB_STR("/*")) && comment + 1 == line.len &&
                         line.ptr[comment - 1] == '*');
    for (size_t i = 0; !other && i < sizeof(STARTS) / sizeof(STARTS[0]); i++) {
        other = fb_str_starts(line, fb_str_of(STARTS[i]));
    }
    for (size_t i = 0; !other && i < sizeof(LOOKS) / sizeof(LOOKS[0]); i++) {
        size_t len = strlen(LOOKS[i]);
        struct fb_str rest = fb_str_trim(fb_str_sub(line, len, SIZE_MAX));
        other = fb_str_starts(line, fb_str_of(LOOKS[i])) && rest.len > 0 && rest.ptr[0] == '[';
    }
    return other;
}

/* Whether nothing is left on a line but attributes and a comment. */
static bool is_end(struct fb_str rest)
{
    bool quoted = false;
    size_t at = 0;
    if (rest.len > 0 && rest.ptr[0] == '[') {
        while (at < rest.len && (quoted || rest.ptr[at] != ']')) {
            quoted = quoted != (rest.ptr[at++] == '"');
        }
        if (at == rest.len) {
            return true; /* attributes go on in the next line */
        }
        rest = fb_str_trim(fb_str_sub(rest, at + 1, SIZE_MAX));
    }
    if (rest.len > 0 && rest.ptr[0] == ';') {
        rest = fb_str_trim(fb_str_sub(rest, 1, SIZE_MAX));
    }
    return rest.len == 0 || rest.ptr[0] == '#' || fb_str_starts(rest, FB_STR("//")) ||
           fb_str_starts(rest, FB_STR("/*"));
}

/* A name that DOT has another meaning for. */
static bool is_odd(struct fb_str line, struct fb_str name)
{
    bool quoted = line.ptr[0] == '"';
    return !quoted && (fb_str_is(name, "subgraph") || strchr("{}<:/", name.ptr[0]) ||
                          fb_str_find(name, ':', 0) < name.len);
}

/* Whether the graph begins in a line; *out_rest is what follows its brace, or where that should be.
 */
static bool begins(struct fb_str line, struct fb_str *out_rest)
{
    static const char *const WORDS[] = {"digraph", "strict digraph"};
    struct fb_str name;
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        struct fb_str rest = fb_str_sub(line, strlen(WORDS[i]), SIZE_MAX);
        bool word = rest.len == 0 || strchr(" \t{\"", rest.ptr[0]);
        if (!fb_str_starts(line, fb_str_of(WORDS[i])) || !word) {
            continue;
        }
        rest = fb_str_trim(rest);
        if (rest.len > 0 && rest.ptr[0] != '{' && !take_name(&rest, &name)) {
            break;
        }
        rest = fb_str_trim(rest);
        bool brace = rest.len > 0 && rest.ptr[0] == '{';
        *out_rest = brace ? fb_str_trim(fb_str_sub(rest, 1, SIZE_MAX)) : rest;
        return true;
    }
    return false;
}

static enum fb_code read_line(struct reading *r, struct fb_str line, struct fb_err *err)
{
    struct fb_str name, other, whole = line;
    struct node *from = NULL, *to = NULL;
    if (is_other(line)) {
        return FB_OK;
    }
    if (begins(line, &other)) {
        return is_end(other) ? FB_OK
                             : refuse(r, "more follows behind the beginning of the graph", err);
    }
    if (!take_name(&line, &name) || is_odd(whole, name)) {
        return refuse(r, "this line is neither a node nor a link", err);
    }
    if (line.len > 0 && line.ptr[0] == '=') {
        return FB_OK; /* an attribute of the graph */
    }
    if (!fb_str_starts(line, FB_STR("->")) && !is_end(line)) {
        return refuse(r, "more follows behind a node in its line", err);
    }
    enum fb_code code = node_of(r, name, &from, err);
    if (code != FB_OK || !fb_str_starts(line, FB_STR("->"))) {
        if (code == FB_OK && from->declared) {
            (void)fb_err_set(err, FB_E_DUPLICATE, "'%.*s' is declared twice", FB_STR_ARG(name));
            return fb_yaml_err_at(err, r->file->text, r->file->path, r->line, r->offset);
        }
        if (code == FB_OK) {
            from->declared = true;
            from->sha = take_sha(line);
        }
        return code;
    }
    whole = line = fb_str_trim(fb_str_sub(line, 2, SIZE_MAX));
    if (!take_name(&line, &other) || is_odd(whole, other)) {
        return refuse(r, "a link leads nowhere", err);
    }
    if (!is_end(line)) {
        return refuse(r, "more follows behind a link in its line", err);
    }
    code = node_of(r, other, &to, err);
    struct link *link = code == FB_OK ? FB_ARENA_NEW(r->arena, struct link) : NULL;
    if (!link) {
        return code != FB_OK ? code : fb_arena_failed(r->arena, err);
    }
    *link = (struct link){
        .from = from, .to = to, .sha = take_sha(line), .line = r->line, .offset = r->offset};
    *(r->last_link ? &r->last_link->next : &r->links) = link;
    r->last_link = link;
    from->has_links = true;
    return link->sha.len > 0 ? note_pair(r, link, err) : FB_OK;
}

static enum fb_code read_graph(struct reading *r, struct fb_err *err)
{
    struct fb_str rest = r->file->text, line;
    size_t bad = 0;
    if (!fb_str_utf8(rest, &bad)) {
        (void)fb_err_set(err, FB_E_UTF8, "the text is not valid UTF-8");
        return fb_yaml_err_at(err, rest, r->file->path, fb_yaml_line(rest, bad), bad);
    }
    enum fb_code code = FB_OK;
    while (code == FB_OK && fb_str_line(&rest, &line)) {
        r->line++;
        code = read_line(r, fb_str_trim(line), err);
        r->offset = r->file->text.len - rest.len;
    }
    return code;
}

/* Remembers where NAME.md is. */
static enum fb_code remember(void *ctx, const char *path, struct fb_err *err)
{
    struct reading *r = ctx;
    struct fb_str full = fb_str_of(path), kept;
    size_t start = full.len;
    while (start > 0 && full.ptr[start - 1] != '/') {
        start--;
    }
    struct fb_str name = fb_str_sub(full, start, full.len - start - 3);
    if (!fb_str_ends(full, FB_STR(".md")) || !fb_map_has(&r->names, name)) {
        return FB_OK;
    }
    enum fb_code code = fb_arena_str(r->arena, full, &kept, err);
    struct node *node = fb_map_get(&r->names, name);
    if (code == FB_OK && node->path.len == 0) {
        node->path = kept;
    }
    return code;
}

/* Splits "---\nYAML\n---\ntext". */
static enum fb_code read_markdown(struct reading *r, struct node *node, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, MARKDOWN_MAX);
    struct fb_str all = {"", 0}, line, rest;
    enum fb_code code = fb_io_read(node->path.ptr, &text, err);
    code = code != FB_OK ? code : fb_arena_str(r->arena, fb_buf_str(&text), &all, err);
    fb_buf_release(&text);
    rest = node->body = all;
    size_t to = 0;
    if (code == FB_OK && !fb_str_utf8(all, &to)) {
        (void)fb_err_set(err, FB_E_UTF8, "the text is not valid UTF-8");
        return fb_yaml_err_at(err, all, node->path.ptr, fb_yaml_line(all, to), to);
    }
    if (code != FB_OK || !fb_str_line(&rest, &line) || !fb_str_starts(line, FB_STR("---")) ||
        !fb_str_is(fb_str_trim(line), "---")) {
        node->body = fb_str_trim(node->body);
        return code;
    }
    to = all.len - rest.len;
    while (fb_str_line(&rest, &line) && !fb_str_is(fb_str_trim(line), "---")) {
        to = all.len - rest.len;
    }
    node->body = fb_str_trim(rest);
    /* With the line that opens it, which to YAML begins a document, so that places are right. */
    return fb_yaml_parse(fb_str_sub(all, 0, to), node->path.ptr, r->arena, &node->front, err);
}

/* What is not normative is context. */
static bool is_context(const struct node *node)
{
    const struct fb_yaml *normative = fb_yaml_get(node->front, "normative");
    bool flag = true;
    return normative && fb_yaml_flag(normative, &flag) && !flag;
}

/* A reference of a leaf is the evidence for it. */
static void add_evidence(struct reading *r, struct node *node)
{
    const struct fb_yaml *references = fb_yaml_get(node->front, "references");
    size_t number = 0;
    struct fb_yaml *list = NULL;
    r->b.line = node->line;
    r->b.offset = node->offset;
    for (const struct fb_yaml *ref = references ? references->child : NULL; ref; ref = ref->next) {
        struct fb_str id =
            fb_arena_printf(r->arena, "%.*s/ref%zu", FB_STR_ARG(node->name), ++number);
        const struct fb_yaml *path = fb_yaml_get(ref, "path"), *url = fb_yaml_get(ref, "url");
        const struct fb_yaml *type = fb_yaml_get(ref, "type");
        struct fb_yaml *element = id.ptr ? fb_yaml_add(&r->b, r->root, id, FB_YAML_MAP) : NULL;
        list = list ? list : fb_yaml_add(&r->b, node->element, FB_STR("supportedBy"), FB_YAML_LIST);
        if (!element || !list) {
            r->b.failed = true;
            return;
        }
        fb_yaml_add_text(&r->b, list, "", id);
        fb_case_add_kind(&r->b, element, FB_ELEMENT_SOLUTION);
        const struct fb_yaml *what = path ? path : url ? url : type;
        if (what) {
            fb_yaml_add_text(&r->b, element, "text", what->text);
        }
        if (path || url) {
            fb_yaml_add_text(&r->b, element, "url", path ? path->text : url->text);
        }
        struct fb_yaml *kept = fb_yaml_add(&r->b, element, FB_STR("trudag"), FB_YAML_MAP);
        for (const struct fb_yaml *m = ref->kind == FB_YAML_MAP ? ref->child : NULL; kept && m;
             m = m->next) {
            fb_yaml_add_copy(&r->b, kept, m);
        }
        r->b.line = node->line;
        r->b.offset = node->offset;
    }
    if (number == 0 && !is_context(node)) {
        fb_yaml_add_plain(&r->b, node->element, "undeveloped", FB_STR("true"));
    }
}

static void add_element(struct reading *r, struct node *node)
{
    r->b.line = node->line;
    r->b.offset = node->offset;
    node->element = fb_yaml_add(&r->b, r->root, node->name, FB_YAML_MAP);
    fb_case_add_kind(&r->b, node->element, is_context(node) ? FB_ELEMENT_CONTEXT : FB_ELEMENT_GOAL);
    if (!node->element) {
        return;
    }
    if (node->body.len > 0) {
        fb_yaml_add_text(&r->b, node->element, "text", node->body);
    }
    struct fb_yaml *kept = fb_yaml_add(&r->b, node->element, FB_STR("trudag"), FB_YAML_MAP);
    if (kept && node->sha.len > 0) {
        fb_yaml_add_text(&r->b, kept, "sha", node->sha);
    }
    for (const struct fb_yaml *m =
             kept && node->front && node->front->kind == FB_YAML_MAP ? node->front->child : NULL;
         m; m = m->next) {
        /* These two are what the graph says. */
        if (!fb_str_is(m->key, "sha") && !fb_str_is(m->key, "links")) {
            fb_yaml_add_copy(&r->b, kept, m);
        }
    }
}

static void add_link(struct reading *r, const struct link *link)
{
    const char *key = is_context(link->to) ? "inContextOf" : "supportedBy";
    r->b.line = link->line;
    r->b.offset = link->offset;
    struct fb_yaml *list = (struct fb_yaml *)fb_yaml_get(link->from->element, key);
    list = list ? list : fb_yaml_add(&r->b, link->from->element, fb_str_of(key), FB_YAML_LIST);
    if (list) {
        fb_yaml_add_text(&r->b, list, "", link->to->name);
    }
    struct fb_yaml *kept = (struct fb_yaml *)fb_yaml_get(link->from->element, "trudag");
    struct fb_yaml *links = (struct fb_yaml *)fb_yaml_get(kept, "links");
    if (link->sha.len > 0 && kept && !link->again) {
        links = links ? links : fb_yaml_add(&r->b, kept, FB_STR("links"), FB_YAML_MAP);
        struct fb_yaml *sha =
            links ? fb_yaml_add(&r->b, links, link->to->name, FB_YAML_SCALAR) : NULL;
        if (sha) {
            sha->text = link->sha;
        }
    }
}

static enum fb_code read_files(struct reading *r, struct fb_err *err)
{
    struct fb_str path = fb_str_of(r->file->path);
    size_t end = path.len;
    while (end > 0 && path.ptr[end - 1] != '/') {
        end--;
    }
    if (!r->file->path || !fb_io_exists(r->file->path)) {
        return FB_OK; /* not from a folder: the graph alone */
    }
    struct fb_str folder =
        fb_arena_printf(r->arena, "%.*s", end > 1 ? (int)end - 1 : 1, end > 0 ? path.ptr : ".");
    if (!folder.ptr) {
        return fb_arena_failed(r->arena, err);
    }
    enum fb_code code = fb_io_walk(folder.ptr, FOLDER_DEPTH, remember, r, err);
    for (struct node *node = r->first; code == FB_OK && node; node = node->next) {
        if (node->path.len > 0) {
            code = read_markdown(r, node, err);
        }
    }
    return code;
}

static enum fb_code make_tree(struct reading *r, struct fb_err *err)
{
    r->root = fb_yaml_add(&r->b, NULL, FB_STR(""), FB_YAML_MAP);
    if (!r->root) {
        return fb_arena_failed(r->arena, err);
    }
    for (struct node *node = r->first; node && !r->b.failed; node = node->next) {
        add_element(r, node);
    }
    for (const struct link *link = r->links; link && !r->b.failed; link = link->next) {
        add_link(r, link);
    }
    for (struct node *node = r->first; node && !r->b.failed; node = node->next) {
        if (!node->has_links) {
            add_evidence(r, node);
        }
    }
    return r->b.failed ? fb_arena_failed(r->arena, err) : FB_OK;
}

enum fb_code fb_trudag_read(const struct fb_doc_file *file, struct fb_arena *arena,
    struct fb_yaml **out, struct fb_err *err)
{
    FB_ASSERT(file && arena && out && err);
    struct reading r = {.file = file, .arena = arena, .b = {.arena = arena}};
    fb_map_init(&r.names);
    fb_map_init(&r.pairs);
    enum fb_code code = read_graph(&r, err);
    code = code != FB_OK ? code : read_files(&r, err);
    code = code != FB_OK ? code : make_tree(&r, err);
    if (code == FB_OK) {
        *out = r.root;
    }
    fb_map_release(&r.names);
    fb_map_release(&r.pairs);
    return code;
}
