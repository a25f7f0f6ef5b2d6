#include "case/formats.h"

#include <string.h>

#include "base/assert.h"
#include "case/ltac.h"

static const struct {
    const char *name;
    const char *endings[4];
} FORMATS[] = {
    [FB_CASE_GSN] = {"gsn", {".yaml", ".yml"}},
    [FB_CASE_LTAC] = {"ltac", {".ltac"}},
    [FB_CASE_SACM] = {"sacm", {".xml", ".sacm", ".xmi"}},
    [FB_CASE_TEA] = {"tea", {".json"}},
    [FB_CASE_TRUDAG] = {"trudag", {".dot"}},
};

const char *fb_case_format_name(enum fb_case_format format)
{
    FB_ASSERT(format < FB_CASE_UNKNOWN);
    return FORMATS[format].name;
}

enum fb_case_format fb_case_format_of_name(struct fb_str name)
{
    for (size_t i = 0; i < FB_CASE_UNKNOWN; i++) {
        if (fb_str_is(name, FORMATS[i].name)) {
            return (enum fb_case_format)i;
        }
    }
    return FB_CASE_UNKNOWN;
}

enum fb_case_format fb_case_format_of_path(struct fb_str path)
{
    for (size_t i = 0; i < FB_CASE_UNKNOWN; i++) {
        for (size_t k = 0; k < 4 && FORMATS[i].endings[k]; k++) {
            if (fb_str_ends(path, fb_str_of(FORMATS[i].endings[k]))) {
                return (enum fb_case_format)i;
            }
        }
    }
    return FB_CASE_UNKNOWN;
}

static bool is_ltac_line(struct fb_str line)
{
    line = fb_str_trim(line);
    for (enum fb_ltac_type type = FB_LTAC_CLAIM; type <= FB_LTAC_LINK; type++) {
        struct fb_str word = fb_str_of(fb_ltac_type_name(type));
        struct fb_str rest = fb_str_sub(line, 2, SIZE_MAX);
        if (fb_str_starts(line, FB_STR("- ")) && fb_str_starts(rest, word) &&
            (rest.len == word.len || rest.ptr[word.len] == ' ' || rest.ptr[word.len] == ':')) {
            return true;
        }
    }
    return false;
}

enum fb_case_format fb_case_format_of_text(struct fb_str text)
{
    struct fb_str plain = fb_str_trim(text), line;
    if (fb_str_starts(plain, FB_STR("\xEF\xBB\xBF"))) {
        plain = fb_str_sub(plain, 3, SIZE_MAX);
    }
    if (plain.len > 0 && plain.ptr[0] == '<') {
        return FB_CASE_SACM;
    }
    struct fb_str second = fb_str_trim(fb_str_sub(plain, 1, SIZE_MAX));
    if (plain.len > 0 && plain.ptr[0] == '{' && second.len > 0 && second.ptr[0] == '"') {
        return FB_CASE_TEA;
    }
    while (fb_str_line(&plain, &line)) {
        line = fb_str_trim(line);
        if (line.len > 0 && line.ptr[0] != '#') {
            bool graph = fb_str_starts(line, FB_STR("digraph")) ||
                         fb_str_starts(line, FB_STR("strict digraph"));
            return graph ? FB_CASE_TRUDAG : is_ltac_line(line) ? FB_CASE_LTAC : FB_CASE_GSN;
        }
    }
    return FB_CASE_GSN;
}

static enum fb_code read_ltac(const struct fb_doc_file *file, struct fb_arena *arena,
    struct fb_yaml **out, struct fb_err *err)
{
    struct fb_ltac lines;
    enum fb_code code = fb_ltac_read(file->text, file->path, arena, &lines, err);
    if (code == FB_OK && lines.count == 0) {
        *out = NULL;
        return FB_OK;
    }
    return code != FB_OK ? code : fb_ltac_to_tree(&lines, file, arena, out, err);
}

static enum fb_code read_as(const struct fb_doc_file *file, enum fb_case_format format,
    struct fb_arena *arena, struct fb_yaml **out, struct fb_err *err)
{
    switch (format) {
    case FB_CASE_LTAC:
        return read_ltac(file, arena, out, err);
    case FB_CASE_SACM:
        return fb_sacm_read(file, arena, out, err);
    case FB_CASE_TEA:
        return fb_tea_read(file, arena, out, err);
    case FB_CASE_TRUDAG:
        return fb_trudag_read(file, arena, out, err);
    case FB_CASE_GSN:
    case FB_CASE_UNKNOWN:
        break;
    }
    return fb_yaml_parse(file->text, file->path, arena, out, err);
}

/* What to do about a text that is not read, where the reader does not say it. */
static void add_hint(enum fb_case_format format, struct fb_err *err)
{
    static const char *const NAMES[] = {
        "GSN YAML", "LTAC", "SACM in XML", "TEA JSON", "a graph of trudag"};
    bool deep = err->code == FB_E_LIMIT && strstr(err->message, "deep");
    if (err->hint[0] || fb_code_exit(err->code) != 3) {
        return;
    }
    if (err->code == FB_E_UTF8) {
        (void)fb_err_hint(err, "Save the file as UTF-8.");
    } else if (err->code == FB_E_DUPLICATE) {
        (void)fb_err_hint(err, "Rename one of the two, or remove it.");
    } else if (err->code == FB_E_REFERENCE) {
        (void)fb_err_hint(err, "Add what is named, or remove the reference.");
    } else if (err->code == FB_E_LIMIT) {
        (void)fb_err_hint(err, deep ? "Nobody can follow such a chain; merge some of its steps."
                                    : "Split the case into modules, which are files of their own.");
    } else {
        (void)fb_err_hint(err,
            "By its name or its beginning it was read as %s; `case convert "
            "--from FORMAT` takes it for another.",
            NAMES[format]);
    }
}

enum fb_code fb_case_read_tree(const struct fb_doc_file *file, enum fb_case_format format,
    struct fb_arena *arena, struct fb_yaml **out, struct fb_err *err)
{
    FB_ASSERT(file && arena && out && err && format <= FB_CASE_UNKNOWN);
    if (format == FB_CASE_UNKNOWN) {
        format = fb_case_format_of_path(fb_str_of(file->path));
    }
    format = format == FB_CASE_UNKNOWN ? fb_case_format_of_text(file->text) : format;
    enum fb_code code = read_as(file, format, arena, out, err);
    if (code != FB_OK) {
        add_hint(format, err);
    }
    return code;
}

static enum fb_code write_gsn(const struct fb_doc *doc, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(doc->module_count == 1);
    fb_yaml_write(doc->modules[0].root, out);
    return fb_buf_check(out, "case", err);
}

/* A document for formats without away elements: what one repeats is what supports it. */
static enum fb_code plain_support(
    const struct fb_doc *doc, struct fb_arena *arena, struct fb_doc *out, struct fb_err *err)
{
    *out = *doc;
    out->elements = FB_ARENA_ARRAY(arena, struct fb_doc_element, doc->element_count);
    if (!out->elements) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; i < doc->element_count; i++) {
        struct fb_doc_element *e = &out->elements[i];
        *e = doc->elements[i];
        bool claims = e->kind == FB_ELEMENT_GOAL || e->kind == FB_ELEMENT_STRATEGY ||
                      e->kind == FB_ELEMENT_COUNTER_GOAL;
        e->supported_by = e->repeats.count > 0 && claims ? e->repeats : e->supported_by;
    }
    return FB_OK;
}

static enum fb_code write_plain(
    const struct fb_doc *doc, bool tea, struct fb_buf *out, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_doc plain;
    fb_arena_init(&arena, (size_t)1 << 30);
    enum fb_code code = plain_support(doc, &arena, &plain, err);
    if (code == FB_OK) {
        code = tea ? fb_tea_write(&plain, out, err) : fb_ltac_write(&plain, out, err);
    }
    fb_arena_release(&arena);
    return code;
}

enum fb_code fb_case_write(
    const struct fb_doc *doc, enum fb_case_format format, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(doc && doc->module_count == 1 && out && err);
    switch (format) {
    case FB_CASE_GSN:
        return write_gsn(doc, out, err);
    case FB_CASE_LTAC:
        return write_plain(doc, false, out, err);
    case FB_CASE_SACM:
        return fb_sacm_write(doc, out, err);
    case FB_CASE_TEA:
        return write_plain(doc, true, out, err);
    case FB_CASE_TRUDAG:
    case FB_CASE_UNKNOWN:
        break;
    }
    (void)fb_err_set(err, FB_E_UNSUPPORTED, "cases are not written in this format");
    return fb_err_hint(err, "gsn (.yaml), ltac (.ltac), sacm (.xml) and tea (.json) are written.");
}

void fb_case_note(const struct fb_doc_file *file, uint32_t line, struct fb_str what)
{
    struct fb_doc_notes *notes = file->notes;
    FB_ASSERT(line > 0);
    if (!notes) {
        return;
    }
    size_t at = 0;
    while (at < notes->count && !fb_str_eq(notes->items[at].what, what)) {
        at++;
    }
    if (at == notes->count && at == FB_DOC_NOTES_MAX) {
        at--;
        notes->items[at].what = FB_STR("more of other kinds");
    } else if (at == notes->count) {
        notes->items[notes->count++] = (struct fb_doc_note){.what = what, .line = line};
    }
    notes->items[at].count++;
}

/* Elements are the keys of a tree, in which this one says what the case is. */
bool fb_case_is_head(struct fb_str name)
{
    return fb_str_is(name, "module");
}

static bool is_taken(const struct fb_map *taken, struct fb_str name)
{
    return fb_case_is_head(name) || fb_map_has(taken, name);
}

struct fb_str fb_case_fresh_name(
    struct fb_map *taken, struct fb_arena *arena, struct fb_str wanted, struct fb_err *err)
{
    struct fb_str first = {NULL, 0};
    enum fb_code code = fb_arena_str(arena, wanted, &first, err);
    struct fb_str name = first;
    /* The value of a name is the number to try next, so that many that want the same are quick. */
    uintptr_t turn = code == FB_OK ? (uintptr_t)fb_map_get(taken, first) : 0;
    for (turn = turn < 2 ? 2 : turn; code == FB_OK && is_taken(taken, name); turn++) {
        name = fb_arena_printf(arena, "%.*s~%zu", FB_STR_ARG(wanted), (size_t)turn);
        code = name.ptr ? FB_OK : fb_arena_failed(arena, err);
    }
    bool again = code == FB_OK && name.ptr != first.ptr;
    code = again ? fb_map_put(taken, first, (void *)turn, err) : code;
    code = code != FB_OK ? code : fb_map_put(taken, name, NULL, err);
    return code == FB_OK ? name : (struct fb_str){NULL, 0};
}

void fb_case_add_ref(struct fb_yaml_builder *b, struct fb_map *seen, struct fb_yaml *element,
    const char *key, struct fb_str name)
{
    struct fb_err ignored;
    fb_err_init(&ignored);
    struct fb_str mark = fb_arena_printf(
        b->arena, "%s\n%.*s\n%.*s", key, FB_STR_ARG(element->key), FB_STR_ARG(name));
    if (!mark.ptr || (!fb_map_has(seen, mark) && fb_map_put(seen, mark, b, &ignored) != FB_OK)) {
        b->failed = true;
        return;
    }
    if (fb_map_get(seen, mark) != b) {
        return;
    }
    struct fb_yaml *list = (struct fb_yaml *)fb_yaml_get(element, key);
    list = list ? list : fb_yaml_add(b, element, fb_str_of(key), FB_YAML_LIST);
    if (list) {
        fb_yaml_add_text(b, list, "", name);
    }
    b->failed = b->failed || fb_map_put(seen, mark, NULL, &ignored) != FB_OK;
}

void fb_case_add_kind(struct fb_yaml_builder *b, struct fb_yaml *element, enum fb_element_kind kind)
{
    enum fb_element_kind by_id;
    if (element && (!fb_element_kind_of_id(element->key, &by_id) || by_id != kind)) {
        fb_yaml_add_text(b, element, "nodeType", fb_str_of(fb_element_kind_type(kind)));
    }
}

void fb_case_add_json(
    struct fb_yaml_builder *b, struct fb_yaml *parent, const char *key, const struct fb_json *value)
{
    struct fb_yaml *node = NULL;
    switch (value->kind) {
    case FB_JSON_NULL:
        fb_yaml_add_plain(b, parent, key, FB_STR("null"));
        return;
    case FB_JSON_FALSE:
        fb_yaml_add_plain(b, parent, key, FB_STR("false"));
        return;
    case FB_JSON_TRUE:
        fb_yaml_add_plain(b, parent, key, FB_STR("true"));
        return;
    case FB_JSON_NUMBER:
        fb_yaml_add_plain(b, parent, key, value->text);
        return;
    case FB_JSON_STRING:
        fb_yaml_add_text(b, parent, key, value->text);
        return;
    case FB_JSON_ARRAY:
    case FB_JSON_OBJECT:
        break;
    case FB_JSON_ARRAY_END:
    case FB_JSON_OBJECT_END:
    case FB_JSON_KEY:
    case FB_JSON_END:
        FB_ASSERT(false);
    }
    node = fb_yaml_add(
        b, parent, fb_str_of(key), value->kind == FB_JSON_ARRAY ? FB_YAML_LIST : FB_YAML_MAP);
    for (const struct fb_json *child = value->child; node && child; child = child->next) {
        struct fb_str name;
        struct fb_err ignored;
        fb_err_init(&ignored);
        if (fb_arena_str(b->arena, child->key, &name, &ignored) != FB_OK) {
            b->failed = true;
            return;
        }
        fb_case_add_json(b, node, name.ptr, child);
    }
}

/* A plain scalar that is JSON as it stands. */
static bool is_json_scalar(const struct fb_yaml *value)
{
    if (fb_yaml_is_text(value)) {
        return false;
    }
    if (fb_str_is(value->text, "true") || fb_str_is(value->text, "false") ||
        fb_str_is(value->text, "null")) {
        return true;
    }
    struct fb_str digits = value->text;
    if (digits.len > 1 && digits.ptr[0] == '-') {
        digits = fb_str_sub(digits, 1, SIZE_MAX);
    }
    bool number = digits.len > 0 && digits.ptr[0] >= '0' && digits.ptr[0] <= '9' &&
                  !(digits.len > 1 && digits.ptr[0] == '0' && digits.ptr[1] != '.' &&
                      digits.ptr[1] != 'e' && digits.ptr[1] != 'E') &&
                  digits.ptr[digits.len - 1] != '.';
    for (size_t i = 0; number && i < digits.len; i++) {
        bool point = digits.ptr[i] == '.';
        number =
            strchr("0123456789.eE+-", digits.ptr[i]) != NULL &&
            !(point && (i + 1 == digits.len || digits.ptr[i + 1] < '0' || digits.ptr[i + 1] > '9'));
    }
    return number;
}

void fb_case_put_json(struct fb_json_writer *w, const struct fb_yaml *value)
{
    if (value->kind == FB_YAML_SCALAR) {
        if (is_json_scalar(value)) {
            fb_json_raw(w, value->text);
        } else {
            fb_json_str(w, value->text);
        }
        return;
    }
    bool list = value->kind == FB_YAML_LIST;
    (list ? fb_json_open_array : fb_json_open_object)(w);
    for (const struct fb_yaml *child = value->child; child; child = child->next) {
        if (!list) {
            char key[256];
            size_t len = child->key.len < sizeof(key) - 1 ? child->key.len : sizeof(key) - 1;
            memcpy(key, child->key.ptr, len);
            key[len] = 0;
            fb_json_key(w, key);
        }
        fb_case_put_json(w, child);
    }
    (list ? fb_json_close_array : fb_json_close_object)(w);
}
