/*
 * Two tables of the docs against what they list. docs/SEMANTICS_TESTS.md has every sentence of
 * docs/SEMANTICS.md, in its order, and every test that it names is there. The limits of
 * docs/LANGUAGE.md are all that the sources of the language define, with their values; the error of
 * each stands in the golden or the test that it names.
 */
#include <ctype.h>
#include <dirent.h>
#include <sys/stat.h>

#include "lang_test.h"

enum { TEXT_MAX = 1 << 22, CELLS = 5 };

static size_t wrong;

#define COMPLAIN(...)                                                                              \
    do {                                                                                           \
        printf("# " __VA_ARGS__);                                                                  \
        printf("\n");                                                                              \
        wrong++;                                                                                   \
    } while (0)

/* A file of the tree as text, released by the caller. */
static struct fb_buf text_of(const char *relative)
{
    struct fb_buf text;
    fb_buf_init(&text, TEXT_MAX);
    read_source(relative, &text);
    return text;
}

static bool has(struct fb_str text, const char *part)
{
    return memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

/* ---- names of tests ---- */

/* How the file of a test writes the begin of the one of this name. */
static bool defines(struct fb_str text, const char *path, struct fb_str name)
{
    char wanted[1024];
    size_t len = strlen(path);
    bool fly = strcmp(path + len - 4, ".fly") == 0, sh = strcmp(path + len - 3, ".sh") == 0;
    snprintf(wanted, sizeof(wanted), "%s%.*s%s",
        fly  ? "test \""
        : sh ? "ok \""
             : "static void ",
        FB_STR_ARG(name), fly || sh ? "\"" : "(void **state)");
    if (!has(text, wanted)) {
        return false;
    }
    snprintf(wanted, sizeof(wanted), "(%.*s", FB_STR_ARG(name));
    return path[len - 2] != '.' || has(text, wanted);
}

/* `unit/lang/test_lang.c: test_limits`, `lang/bad/nots.fly`; the text of the file (or of the golden
 * beside it) goes to *out when that is not NULL. */
static void check_test(struct fb_str reference, struct fb_buf *out)
{
    char path[1024], full[4096];
    size_t colon = fb_str_find(reference, ':', 0);
    struct fb_str name = fb_str_trim(fb_str_sub(reference, colon + 1, reference.len));
    snprintf(path, sizeof(path), "tests/%.*s", FB_STR_ARG(fb_str_sub(reference, 0, colon)));
    if (!fb_io_exists(source_path(path, full, sizeof(full)))) {
        COMPLAIN("there is no file %s", path);
        return;
    }
    struct fb_buf text = text_of(path);
    if (colon < reference.len && !defines(fb_buf_str(&text), path, name)) {
        COMPLAIN("%s has no test '%.*s'", path, FB_STR_ARG(name));
    } else if (colon == reference.len) {
        /* A golden: what it is refused with, or compiled to. */
        const char *end = strstr(path, "/bad/") ? "err" : "lowered";
        size_t stem = (size_t)(strrchr(path, '.') - path) + 1;
        snprintf(path + stem, sizeof(path) - stem, "%s", end);
        if (!fb_io_exists(source_path(path, full, sizeof(full)))) {
            COMPLAIN("there is no golden %s", path);
        } else if (out) {
            read_source(path, out);
        }
    }
    if (out) {
        fb_buf_add_str(out, fb_buf_str(&text));
    }
    fb_buf_release(&text);
}

/* The next text between backquotes; false when there is none. */
static bool next_quoted(struct fb_str *rest, struct fb_str *out)
{
    size_t open = fb_str_find(*rest, '`', 0);
    size_t close = open < rest->len ? fb_str_find(*rest, '`', open + 1) : rest->len;
    if (close == rest->len) {
        return false;
    }
    *out = fb_str_sub(*rest, open + 1, close - open - 1);
    *rest = fb_str_sub(*rest, close + 1, rest->len);
    return true;
}

/* The cells of a row of a table; false when the line is none. "\|" is a bar. */
static bool cells_of(struct fb_str line, struct fb_buf cells[CELLS], size_t *out_count)
{
    if (!fb_str_starts(line, FB_STR("| ")) || fb_str_starts(line, FB_STR("|---"))) {
        return false;
    }
    size_t count = 0;
    fb_buf_clear(&cells[0]);
    for (size_t i = 2; i < line.len; i++) {
        if (line.ptr[i] == '\\' && i + 1 < line.len && line.ptr[i + 1] == '|') {
            fb_buf_add_char(&cells[count], line.ptr[++i]);
        } else if (line.ptr[i] == '|') {
            if (++count == CELLS || i + 1 >= line.len) {
                break;
            }
            fb_buf_clear(&cells[count]);
        } else {
            fb_buf_add_char(&cells[count], line.ptr[i]);
        }
    }
    *out_count = count;
    return true;
}

static struct fb_str cell(struct fb_buf *buf)
{
    return fb_str_trim(fb_buf_str(buf));
}

/* ---- sentences ---- */

struct sentences {
    struct fb_str items[400];
    size_t count;
};

/* Splits a paragraph with single blanks at full stops; a worked history is one piece. */
static void add_paragraph(struct sentences *out, struct fb_str text)
{
    size_t from = 0;
    bool history = text.len > 0 && isdigit((unsigned char)text.ptr[0]);
    for (size_t i = 0; i < text.len && !history; i++) {
        bool ends = text.ptr[i] == '.' && i + 2 < text.len && text.ptr[i + 1] == ' ' &&
                    (isupper((unsigned char)text.ptr[i + 2]) || text.ptr[i + 2] == '`');
        if (ends) {
            assert_true(out->count < 400);
            out->items[out->count++] = fb_str_sub(text, from, i + 1 - from);
            from = i + 2;
        }
    }
    if (text.len > from) {
        assert_true(out->count < 400);
        out->items[out->count++] = fb_str_sub(text, from, text.len - from);
    }
}

/* Reads SEMANTICS.md into arena: paragraphs, and the items of lists. */
static void read_sentences(struct fb_arena *arena, struct sentences *out)
{
    struct fb_buf text = text_of("docs/SEMANTICS.md"), paragraph;
    struct fb_str rest = fb_buf_str(&text), line;
    struct fb_err err;
    fb_err_init(&err);
    fb_buf_init(&paragraph, TEXT_MAX);
    for (bool more = true; more;) {
        more = fb_str_line(&rest, &line);
        line = fb_str_trim(more ? line : FB_STR(""));
        size_t digits = 0;
        while (digits < line.len && isdigit((unsigned char)line.ptr[digits])) {
            digits++;
        }
        bool item = fb_str_starts(line, FB_STR("- ")) ||
                    (digits > 0 && digits + 1 < line.len && line.ptr[digits] == '.' &&
                        line.ptr[digits + 1] == ' ');
        bool heading = fb_str_starts(line, FB_STR("#"));
        if ((item || heading || line.len == 0) && paragraph.len > 0) {
            struct fb_str kept;
            FB_TEST_OK(fb_arena_str(arena, fb_buf_str(&paragraph), &kept, &err));
            add_paragraph(out, kept);
            fb_buf_clear(&paragraph);
        }
        if (!heading && line.len > 0) {
            line = fb_str_starts(line, FB_STR("- ")) ? fb_str_sub(line, 2, line.len) : line;
            fb_buf_addf(&paragraph, "%s%.*s", paragraph.len ? " " : "", FB_STR_ARG(line));
        }
    }
    fb_buf_release(&paragraph);
    fb_buf_release(&text);
}

static void test_sentences(void **state)
{
    (void)state;
    static struct sentences sentences;
    struct fb_arena arena;
    struct fb_buf page = text_of("docs/SEMANTICS_TESTS.md"), cells[CELLS];
    struct fb_str rest = fb_buf_str(&page), line, reference;
    size_t at = 0, count, named = 0;
    fb_arena_init(&arena, TEXT_MAX);
    read_sentences(&arena, &sentences);
    assert_true(sentences.count > 100);
    for (size_t i = 0; i < CELLS; i++) {
        fb_buf_init(&cells[i], TEXT_MAX);
    }
    wrong = 0;
    while (fb_str_line(&rest, &line)) {
        if (!cells_of(line, cells, &count) || fb_str_is(cell(&cells[0]), "sentence")) {
            continue;
        }
        if (at == sentences.count || !fb_str_eq(sentences.items[at], cell(&cells[0]))) {
            COMPLAIN("SEMANTICS.md has '%.*s' where the table has '%.*s'",
                FB_STR_ARG(at < sentences.count ? sentences.items[at] : FB_STR("nothing")),
                FB_STR_ARG(cell(&cells[0])));
            break;
        }
        at++;
        struct fb_str tests = cell(&cells[1]);
        size_t before = named;
        while (next_quoted(&tests, &reference)) {
            bool is_test = fb_str_find(reference, '/', 0) < reference.len;
            named += is_test;
            if (is_test) {
                check_test(reference, NULL);
            }
        }
        if (named == before && !fb_str_starts(cell(&cells[1]), FB_STR("(of the "))) {
            COMPLAIN("nothing holds '%.*s'", FB_STR_ARG(cell(&cells[0])));
        }
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(at, sentences.count);
    assert_true(named > 100);
    for (size_t i = 0; i < CELLS; i++) {
        fb_buf_release(&cells[i]);
    }
    fb_buf_release(&page);
    fb_arena_release(&arena);
}

/* ---- limits ---- */

static struct fb_buf limits;
static size_t defined;

/* The definitions `FB_..._MAX = VALUE,` of a source stand in the table with this value. */
static void check_definitions(struct fb_str text, const char *path)
{
    const char *end = text.ptr + text.len, *at = text.ptr;
    while ((at = memmem(at, (size_t)(end - at), "FB_", 3))) {
        char name[64], row[160];
        size_t n = 0, v = 0;
        while (n + 1 < sizeof(name) && (isupper((unsigned char)at[n]) || at[n] == '_')) {
            name[n] = at[n];
            n++;
        }
        name[n] = 0;
        bool is_limit =
            n > 4 && strcmp(name + n - 4, "_MAX") == 0 && strncmp(at + n, " = ", 3) == 0;
        const char *value = at + n + 3;
        at += n > 3 ? n : 3;
        if (!is_limit) {
            continue;
        }
        while (value[v] != ',' && value[v] != '}' && value[v] != '\n') {
            v++;
        }
        while (v > 0 && value[v - 1] == ' ') {
            v--;
        }
        snprintf(row, sizeof(row), "| `%s` | %.*s |", name, (int)v, value);
        defined++;
        if (!has(fb_buf_str(&limits), row)) {
            COMPLAIN(
                "%s defines %s as %.*s: the table of limits does not", path, name, (int)v, value);
        }
    }
}

/* All headers and sources below a folder. */
static void check_folder(const char *relative)
{
    char full[4096], path[1024];
    DIR *folder = opendir(source_path(relative, full, sizeof(full)));
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        const char *dot = strrchr(entry->d_name, '.');
        snprintf(path, sizeof(path), "%s/%s", relative, entry->d_name);
        if (!dot) {
            check_folder(path);
        } else if ((strcmp(dot, ".c") == 0 || strcmp(dot, ".h") == 0) &&
                   strncmp(entry->d_name, "monpoly", 7) != 0) { /* those are in docs/LIMITS.md */
            struct fb_buf text = text_of(path);
            check_definitions(fb_buf_str(&text), path);
            fb_buf_release(&text);
        }
    }
    closedir(folder);
}

/* A row: the test is there, and the error is told in it or in its golden. */
static void check_limit(struct fb_buf cells[CELLS])
{
    struct fb_str tests = cell(&cells[4]), reference, error = cell(&cells[3]);
    struct fb_buf text;
    fb_buf_init(&text, TEXT_MAX);
    if (!next_quoted(&tests, &reference)) {
        COMPLAIN("nothing holds the limit %.*s", FB_STR_ARG(cell(&cells[0])));
    } else {
        check_test(reference, &text);
        if (error.len > 0 && error.ptr[0] != '(' &&
            !memmem(text.ptr, text.len, error.ptr, error.len)) {
            COMPLAIN("%.*s does not have '%.*s'", FB_STR_ARG(reference), FB_STR_ARG(error));
        }
    }
    fb_buf_release(&text);
}

static void test_limits(void **state)
{
    (void)state;
    static const char *const sources[] = {"src/govern/policy_diff.h", "src/govern/scene.h",
        "src/govern/policy_test.h", "include/flyball/policy.h"};
    struct fb_buf guide = text_of("docs/LANGUAGE.md"), cells[CELLS];
    fb_buf_add_char(&guide, 0);
    const char *begin = strstr(guide.ptr, "\n## Limits\n"),
               *end = strstr(guide.ptr, "\n## Grammar\n");
    assert_true(begin && end && begin < end);
    fb_buf_init(&limits, TEXT_MAX);
    fb_buf_add(&limits, begin, (size_t)(end - begin));
    wrong = 0;
    check_folder("src/lang");
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        struct fb_buf text = text_of(sources[i]);
        check_definitions(fb_buf_str(&text), sources[i]);
        fb_buf_release(&text);
    }
    assert_true(defined >= 25);
    for (size_t i = 0; i < CELLS; i++) {
        fb_buf_init(&cells[i], TEXT_MAX);
    }
    struct fb_str rest = fb_buf_str(&limits), line;
    size_t count, rows = 0;
    while (fb_str_line(&rest, &line)) {
        if (cells_of(line, cells, &count) && !fb_str_is(cell(&cells[0]), "limit")) {
            assert_int_equal(count, CELLS);
            check_limit(cells);
            rows++;
        }
    }
    assert_true(rows >= defined);
    assert_int_equal(wrong, 0);
    for (size_t i = 0; i < CELLS; i++) {
        fb_buf_release(&cells[i]);
    }
    fb_buf_release(&limits);
    fb_buf_release(&guide);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences), cmocka_unit_test(test_limits)};
    return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
