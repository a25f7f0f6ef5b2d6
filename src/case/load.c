#include "case/load.h"

#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "case/formats.h"

/* A file that waits to be read. */
struct waiting {
    const char *path;
    struct fb_doc_place place; /* where a module names it; in none when the caller does */
    size_t base; /* bytes of the path up to the folder that it and what it uses must stay in */
    struct waiting *next;
};

struct loading {
    struct fb_doc *doc;
    struct waiting *first;
    struct waiting *last;
    struct fb_map paths; /* of files that were read, without "." and ".." parts */
    struct fb_map names; /* of modules, to index + 1 */
    bool stop;           /* a module stands twice: nothing more is read */
};

/* A path without needless parts, so that a file is known again. */
static struct fb_str plain_path(struct fb_arena *arena, struct fb_str path)
{
    char *out = fb_arena_alloc(arena, path.len + 1);
    size_t len = 0, kept = 0;
    if (!out) {
        return (struct fb_str){NULL, 0};
    }
    for (size_t at = 0; at <= path.len;) {
        size_t end = fb_str_find(path, '/', at);
        struct fb_str part = fb_str_sub(path, at, end - at);
        at = end + 1;
        if (fb_str_is(part, ".") || (part.len == 0 && end != 0)) {
            continue;
        }
        if (fb_str_is(part, "..") && kept > 0) {
            while (len > 0 && out[len - 1] != '/') {
                len--;
            }
            len -= len > 0;
            kept--;
            continue;
        }
        if (len > 0 || end == 0) {
            out[len++] = '/';
        }
        memcpy(out + len, part.ptr, part.len);
        len += part.len;
        kept += part.len > 0 && !fb_str_is(part, "..");
    }
    return (struct fb_str){out, len};
}

/* Bytes of a path up to and with its last slash. */
static size_t folder_of(struct fb_str path)
{
    size_t folder = path.len;
    while (folder > 0 && path.ptr[folder - 1] != '/') {
        folder--;
    }
    return folder;
}

static enum fb_code enqueue(struct loading *l, struct fb_str path, size_t base,
    struct fb_doc_place place, struct fb_err *err)
{
    struct waiting *file = FB_ARENA_NEW(l->doc->arena, struct waiting);
    struct fb_str kept;
    if (!file || fb_arena_str(l->doc->arena, path, &kept, err) != FB_OK) {
        return fb_arena_failed(l->doc->arena, err);
    }
    file->path = kept.ptr;
    file->place = place;
    file->base = base;
    if (l->last) {
        l->last->next = file;
    } else {
        l->first = file;
    }
    l->last = file;
    return FB_OK;
}

/* Why a file that another one names is not read; NULL when it may be. A case may come from
 * anybody, so that it names nothing outside of the folder that its reader gave, nothing through a
 * link that it brought along, and nothing that is no file. */
static const char *why_outside(struct fb_arena *arena, struct fb_str full, size_t base)
{
    size_t depth = 0;
    for (size_t at = base; at < full.len;) {
        size_t end = fb_str_find(full, '/', at);
        struct fb_str part = fb_str_sub(full, at, end - at);
        at = end + 1;
        bool up = fb_str_is(part, "..");
        if (up && depth == 0) {
            return "leads out of the folder of the case";
        }
        depth += !up && part.len > 0 && !fb_str_is(part, ".");
        depth -= up;
        struct fb_str here = fb_arena_printf(arena, "%.*s", (int)end, full.ptr);
        if (here.ptr && fb_io_is_link(here.ptr)) {
            return "leads through a link";
        }
    }
    struct fb_str whole = fb_arena_printf(arena, "%.*s", FB_STR_ARG(full));
    bool odd = whole.ptr && fb_io_exists(whole.ptr) && !fb_io_is_file(whole.ptr);
    return odd ? "is no file" : NULL;
}

static enum fb_code enqueue_one(struct loading *l, const struct waiting *by, uint32_t at,
    const struct fb_yaml *use, struct fb_err *err)
{
    struct fb_str path = fb_str_of(by->path);
    size_t folder = folder_of(path);
    const char *why = fb_str_starts(use->text, FB_STR("/")) ? "is named from the root" : NULL;
    bool input = folder == 0 && fb_str_is(use->text, "-"); /* a name here, not standard input */
    struct fb_str full = fb_arena_printf(l->doc->arena, "%.*s%s%.*s", (int)folder, path.ptr,
        input ? "./" : "", FB_STR_ARG(use->text));
    if (!full.ptr) {
        return fb_arena_failed(l->doc->arena, err);
    }
    why = why ? why : why_outside(l->doc->arena, full, by->base);
    struct fb_doc_place place = fb_doc_at(at, use);
    if (!why) {
        return enqueue(l, full, by->base, place, err);
    }
    (void)fb_err_set(
        err, FB_E_UNSUPPORTED, "what the module uses, '%.*s', %s", FB_STR_ARG(use->text), why);
    (void)fb_err_hint(err, "Put it beside the case or below, or name both to the command instead.");
    return fb_doc_err_at(l->doc, &place, err);
}

/* Files that a module uses are named from where it stands. */
static enum fb_code enqueue_used(
    struct loading *l, const struct waiting *by, uint32_t at, struct fb_err *err)
{
    const struct fb_doc_module *module = &l->doc->modules[at];
    const struct fb_yaml *uses = module->is_named ? fb_yaml_get(module->about, "uses") : NULL;
    enum fb_code code = FB_OK;
    for (const struct fb_yaml *use = uses ? uses->child : NULL; code == FB_OK && use;
         use = use->next) {
        code = enqueue_one(l, by, at, use, err);
    }
    return code;
}

enum fb_code fb_case_read_file(
    const char *path, struct fb_arena *arena, struct fb_str *out, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_CASE_TEXT_MAX);
    enum fb_code code = fb_io_read(path, &text, err);
    if (code == FB_OK) {
        /* Some editors put a byte order mark before UTF-8; places are counted behind it. */
        struct fb_str all = fb_buf_str(&text);
        size_t mark = fb_str_starts(all, FB_STR("\xef\xbb\xbf")) ? 3 : 0;
        code = fb_arena_str(arena, fb_str_sub(all, mark, all.len), out, err);
    } else if (code == FB_E_LIMIT) {
        struct fb_str read = {text.ptr, text.len};
        uint32_t line = fb_yaml_line(read, read.len);
        (void)fb_err_set(err, FB_E_LIMIT, "the case is longer than 16 MiB");
        (void)fb_err_hint(err, "Split it into modules, which are files of their own.");
        (void)fb_yaml_err_at(err, read, path, line, read.len);
    }
    fb_buf_release(&text);
    return code;
}

/* Whether a file was read already. */
static enum fb_code is_known(
    const struct loading *l, const char *path, bool *out, struct fb_err *err)
{
    struct fb_str plain = plain_path(l->doc->arena, fb_str_of(path));
    *out = plain.ptr && fb_map_has(&l->paths, plain);
    return plain.ptr ? FB_OK : fb_arena_failed(l->doc->arena, err);
}

/* Stops when the file, or a module of its name, is there already: C06. */
static enum fb_code check_new(struct loading *l, const struct fb_doc_file *file,
    struct fb_doc_place place, struct fb_err *err)
{
    struct fb_doc *doc = l->doc;
    struct fb_str name = fb_doc_module_name(file->root);
    struct fb_str module = name.ptr ? name : fb_str_of(file->path);
    struct fb_str plain = plain_path(doc->arena, fb_str_of(file->path));
    if (!plain.ptr) {
        return fb_arena_failed(doc->arena, err);
    }
    l->stop = fb_map_has(&l->names, module) || fb_map_has(&l->paths, plain);
    if (l->stop) {
        struct fb_report report = {.rule = "C06",
            .is_error = true,
            .code = FB_E_DUPLICATE,
            .place = place,
            .hint = "Name each module once, and use no file that uses this one."};
        return fb_doc_report(doc, &report, err, "module '%.*s' of '%s' is there already",
            FB_STR_ARG(module), file->path);
    }
    enum fb_code code = fb_map_put(&l->names, module, NULL, err);
    return code != FB_OK ? code : fb_map_put(&l->paths, plain, NULL, err);
}

static enum fb_code load_one(struct loading *l, const struct waiting *item,
    const struct fb_load_options *options, struct fb_err *err)
{
    struct fb_doc *doc = l->doc;
    struct fb_doc_notes notes = {.count = 0};
    struct fb_doc_file file = {.path = item->path, .notes = &notes};
    bool known = false;
    enum fb_code code = options->once ? is_known(l, item->path, &known, err) : FB_OK;
    if (code != FB_OK || known) {
        return code;
    }
    code = fb_case_read_file(file.path, doc->arena, &file.text, err);
    struct fb_yaml *root = NULL;
    code = code != FB_OK ? code : fb_case_read_tree(&file, options->format, doc->arena, &root, err);
    file.root = root;
    if (code == FB_OK && (!file.root || file.root->kind != FB_YAML_MAP)) {
        return fb_doc_add(doc, &file, err);
    }
    code = code != FB_OK ? code : check_new(l, &file, item->place, err);
    if (code != FB_OK || l->stop) {
        return code;
    }
    code = fb_doc_add(doc, &file, err);
    if (code == FB_OK && options->follow) {
        code = enqueue_used(l, item, (uint32_t)doc->module_count - 1, err);
    }
    return code;
}

enum fb_code fb_doc_load(struct fb_doc *doc, const struct fb_load_options *options,
    const char *const *paths, size_t count, struct fb_err *err)
{
    FB_ASSERT(doc && options && (paths || count == 0) && err);
    struct loading l = {.doc = doc};
    fb_map_init(&l.paths);
    fb_map_init(&l.names);
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        struct fb_doc_place nowhere = {FB_DOC_NONE, 0, 0};
        struct fb_str path = fb_str_of(paths[i]);
        code = enqueue(&l, path, folder_of(path), nowhere, err);
    }
    for (struct waiting *file = l.first; code == FB_OK && file && !l.stop; file = file->next) {
        code = load_one(&l, file, options, err);
    }
    fb_map_release(&l.paths);
    fb_map_release(&l.names);
    return code;
}
