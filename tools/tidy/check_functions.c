#include <string.h>

#include "tidy.h"

enum { FUNCTION_MAX_LINES = 70, NESTING_MAX = 4, DEPTH_MAX = 64, NAME_SIZE = 128 };

/* One declaration at the top level of a file, on the way through it. */
struct walk {
    const struct file *file;
    struct fb_str code; /**< with preprocessor lines blanked */
    size_t start;       /**< where the declaration begins */
    bool was_documented;
    size_t last_end; /**< where the prototype before ended; 0 when there was none */
};

/* Blanks preprocessor lines with their continuations: they are no declarations. */
static struct fb_str without_directives(struct tree *tree, struct fb_str code)
{
    struct fb_str out;
    struct fb_err err;
    if (fb_arena_str(&tree->arena, code, &out, &err) != FB_OK) {
        return FB_STR("");
    }
    char *bytes = (char *)(uintptr_t)out.ptr;
    bool inside = false, at_start = true;
    for (size_t i = 0; i < out.len; i++) {
        inside = inside || (at_start && bytes[i] == '#');
        if (bytes[i] == '\n') {
            inside = inside && i > 0 && code.ptr[i - 1] == '\\';
            at_start = !inside;
            continue;
        }
        at_start = at_start && bytes[i] == ' ';
        bytes[i] = inside ? ' ' : bytes[i];
    }
    return out;
}

static size_t skip_space(struct fb_str text, size_t at)
{
    while (at < text.len && strchr(" \n", text.ptr[at])) {
        at++;
    }
    return at;
}

/* The name before the first parenthesis that is no attribute's. Empty when there is none. */
static void declared_name(struct fb_str declaration, char out[NAME_SIZE])
{
    out[0] = 0;
    size_t open = fb_str_find(declaration, '(', 0);
    if (open == declaration.len) {
        return;
    }
    size_t end = open;
    while (end > 0 && declaration.ptr[end - 1] == ' ') {
        end--;
    }
    size_t start = end;
    while (start > 0 && is_word(declaration.ptr[start - 1])) {
        start--;
    }
    size_t len = end - start < NAME_SIZE - 1 ? end - start : NAME_SIZE - 1;
    memcpy(out, declaration.ptr + start, len);
    out[len] = 0;
}

/* True when a comment that begins with two stars ends right before the declaration. */
static bool has_doc(const struct walk *walk, size_t start)
{
    const char *text = walk->file->text.ptr;
    while (start > 0 && strchr(" \n", text[start - 1])) {
        start--;
    }
    if (start < 2 || memcmp(text + start - 2, "*/", 2) != 0) {
        return false;
    }
    size_t open = start - 2;
    while (open > 0 && memcmp(text + open, "/*", 2) != 0) {
        open--;
    }
    return text[open + 2] == '*';
}

/* True when nothing but one line's end is between two places. */
static bool is_next_line(struct fb_str text, size_t from, size_t to)
{
    size_t newlines = 0;
    for (size_t i = from; i < to; i++) {
        newlines += text.ptr[i] == '\n';
        if (!strchr(" ;\n", text.ptr[i])) {
            return false;
        }
    }
    return newlines <= 1;
}

/* A prototype or an inline function of a header is documented, or stands right below one that is,
 * with which it shares the comment. */
static void check_doc(struct tree *tree, struct walk *walk, size_t start, size_t end)
{
    struct fb_str declaration = fb_str_sub(walk->code, start, end - start);
    char name[NAME_SIZE];
    declared_name(declaration, name);
    bool is_function = name[0] && !fb_str_starts(declaration, FB_STR("typedef ")) &&
                       fb_str_find(declaration, '=', 0) == declaration.len &&
                       strcmp(name, "_Static_assert") != 0 && strcmp(name, "static_assert") != 0;
    if (!is_function || !path_in_any(walk->file->path, "src/ include/")) {
        return;
    }
    bool shares = walk->was_documented && walk->last_end > 0 &&
                  is_next_line(walk->file->text, walk->last_end, start);
    bool documented = has_doc(walk, start) || shares;
    if (!documented) {
        report(tree, walk->file, line_of(walk->file->text, start), "header-doc", name,
            "'%s' has no comment; say with /** what it does, who owns what, which errors", name);
    }
    walk->was_documented = documented;
    walk->last_end = end;
}

/* Lines that lists of initial values take in a piece of code: a table has no paths to follow. */
static unsigned table_lines(struct fb_str code)
{
    unsigned lines = 0, depth = 0;
    for (size_t i = 3; i < code.len; i++) {
        bool opens = code.ptr[i] == '{' && (depth > 0 || memcmp(code.ptr + i - 2, "= ", 2) == 0);
        depth += opens;
        depth -= code.ptr[i] == '}' && depth > 0;
        lines += code.ptr[i] == '\n' && depth > 0;
    }
    return lines;
}

static void check_length(struct tree *tree, const struct walk *walk, size_t start, size_t end)
{
    struct fb_str text = walk->file->text, code = fb_str_sub(walk->code, start, end - start);
    unsigned first = line_of(text, start);
    unsigned lines = line_of(text, end) - first + 1 - table_lines(code);
    char name[NAME_SIZE];
    declared_name(code, name);
    if (name[0] && lines > FUNCTION_MAX_LINES) {
        report(tree, walk->file, first, "function-length", name, "'%s' has %u lines; at most %d",
            name, lines, FUNCTION_MAX_LINES);
    }
}

/* The layout, which is checked elsewhere, tells blocks from lists of values: a space is before the
 * brace of a block, and "= " or nothing before that of a list. */
static bool opens_block(struct fb_str code, size_t brace)
{
    return brace >= 2 && code.ptr[brace - 1] == ' ' && !strchr("=,{ ", code.ptr[brace - 2]);
}

static void check_nesting(struct tree *tree, const struct file *file, struct fb_str code)
{
    bool is_block[DEPTH_MAX] = {false};
    unsigned depth = 0, blocks = 0;
    for (size_t i = 0; i < code.len; i++) {
        if (code.ptr[i] == '{' && depth < DEPTH_MAX) {
            is_block[depth] = depth > 0 && opens_block(code, i);
            blocks += is_block[depth++];
        } else if (code.ptr[i] == '}' && depth > 0) {
            blocks -= is_block[--depth];
        }
        if (code.ptr[i] == '{' && blocks > NESTING_MAX && is_block[depth - 1]) {
            report(tree, file, line_of(code, i), "nesting", NULL,
                "blocks are %u deep; at most %d, so make a function of it", blocks, NESTING_MAX);
        }
    }
}

/* True when the brace at this place opens the body of a function: a parenthesis is before it. */
static bool opens_body(struct fb_str code, size_t brace)
{
    while (brace > 0 && strchr(" \n", code.ptr[brace - 1])) {
        brace--;
    }
    return brace > 0 && code.ptr[brace - 1] == ')';
}

void check_functions(struct tree *tree, const struct file *file)
{
    if (!file->is_c || fb_str_ends(fb_str_of(file->path), FB_STR(".def"))) {
        return;
    }
    struct walk walk = {.file = file, .code = without_directives(tree, file->code)};
    check_nesting(tree, file, walk.code);
    unsigned depth = 0;
    bool in_body = false;
    if (file->is_header && !fb_str_starts(file->text, FB_STR("/*"))) {
        report(tree, file, 1, "header-doc", NULL,
            "the header does not begin with a comment; say its purpose and invariants");
    }
    walk.start = skip_space(walk.code, 0);
    for (size_t i = 0; i < walk.code.len; i++) {
        char c = walk.code.ptr[i];
        bool is_extern_c = c == '{' && depth == 0 && i >= 2 && walk.code.ptr[i - 2] == '"';
        bool is_stray = c == '}' && depth == 0;
        if (is_extern_c || is_stray) {
            walk.start = skip_space(walk.code, i + 1);
        } else if (c == '{' && depth++ == 0) {
            in_body = opens_body(walk.code, i);
            if (in_body && file->is_header) {
                check_doc(tree, &walk, walk.start, i);
            }
        } else if (c == '}' && --depth == 0 && in_body) {
            check_length(tree, &walk, walk.start, i);
            walk.start = skip_space(walk.code, i + 1);
        } else if (c == ';' && depth == 0) {
            if (file->is_header) {
                check_doc(tree, &walk, walk.start, i);
            }
            walk.start = skip_space(walk.code, i + 1);
        }
    }
}
