/*
 * Every message that src/lang can give has a golden: the messages are taken out of the sources
 * (the text after the hint of fb_complain, what fb_parse_expected and fb_parse_expect expect, what
 * the lexer calls a problem), and each must stand in a text that another test holds to the byte:
 * tests/lang/bad/NAME.err, tests/lang/explained/NAME, or in test_lint.c, test_lang.c or
 * test_same.c. A message that is new has no golden, and this test names it.
 */
#include <ctype.h>
#include <dirent.h>

#include "lang_test.h"

/* Which argument of a call is the message, and what is put around it. */
static const struct call {
    const char *name;
    size_t argument;
    const char *before, *after;
} calls[] = {
    {"fb_complain(", 4, "", ""},
    {"fb_parse_fail(", 3, "", ""},
    {"fb_parse_expected(", 1, "expected ", ", found "},
    {"fb_parse_expect(", 1, "expected '", "', found "},
    {"problem = ", 0, "", ""},
};

/* Why a message needs no golden here. */
static const struct {
    const char *message, *why;
} exceptions[] = {
    {"memory ran out", "test_explain_memory and the fault tests of test_lang.c"},
    {"red line '%.*s' applies to no system",
        "a scope whose fields cannot be missing; there is no such field yet"},
};

static struct fb_buf goldens;
static size_t found, missing;
static struct fb_err err;

/* True when the pieces of a format between its conversions stand in one line, in order. */
static bool stands_in(const char *format, struct fb_str line)
{
    size_t at = 0;
    while (*format) {
        char piece[512];
        size_t len = 0;
        while (*format && *format != '%' && len + 1 < sizeof(piece)) {
            piece[len++] = *format++;
        }
        if (*format == '%') {
            format++;
            if (*format == '%') {
                piece[len++] = *format++;
            } else {
                format += strspn(format, "0123456789.*zlju");
                format += *format && strchr("sdc", *format) ? 1 : 0;
            }
        }
        piece[len] = 0;
        const char *hit = len ? memmem(line.ptr + at, line.len - at, piece, len) : line.ptr + at;
        if (!hit) {
            return false;
        }
        at = (size_t)(hit - line.ptr) + len;
    }
    return true;
}

static void check_message(const char *message, const char *source)
{
    struct fb_str rest = fb_buf_str(&goldens), line;
    found++;
    for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++) {
        if (strcmp(exceptions[i].message, message) == 0) {
            return;
        }
    }
    while (fb_str_line(&rest, &line)) {
        if (stands_in(message, line)) {
            return;
        }
    }
    printf("# no golden has the message of %s: %s\n", source, message);
    missing++;
}

/* Copies the literals of one argument, which follow one another, into out; a literal behind a `:`
 * or a `?` is another message. Returns the end of the argument. */
static const char *argument(const char *at, const struct call *call, const char *source, bool takes)
{
    char message[512];
    size_t len = 0;
    int depth = 0;
    for (; *at && !(depth == 0 && strchr(",;)", *at)); at++) {
        depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
        if ((*at == ':' || *at == ';') && len > 0 && takes) {
            message[len] = 0;
            check_message(message, source);
            len = 0;
        }
        if (*at != '"') {
            continue;
        }
        if (len == 0) {
            len = (size_t)snprintf(message, sizeof(message), "%s", call->before);
        }
        for (at++; *at != '"'; at++) {
            at += *at == '\\';
            message[len++] = *at;
            assert_true(len < sizeof(message) - 20);
        }
    }
    if (takes && len > 0) {
        snprintf(message + len, sizeof(message) - len, "%s", call->after);
        bool plain = strcmp(message, "%s") == 0; /* the message of another layer */
        if (!plain) {
            check_message(message, source);
        }
    }
    return at;
}

static void check_calls(const char *text, const struct call *call, const char *source)
{
    for (const char *at = strstr(text, call->name); at; at = strstr(at, call->name)) {
        bool defines = at > text && (isalpha((unsigned char)at[-1]) || at[-1] == '_');
        at += strlen(call->name);
        for (size_t i = 0; !defines && i <= call->argument; i++) {
            at = argument(at, call, source, i == call->argument);
            at += *at == ',';
        }
    }
}

static void add_folder(const char *folder, const char *end)
{
    char path[4096], relative[512];
    DIR *dir = opendir(source_path(folder, path, sizeof(path)));
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (entry->d_name[0] != '.' && strstr(entry->d_name, end)) {
            snprintf(relative, sizeof(relative), "%s/%s", folder, entry->d_name);
            read_source(relative, &goldens);
        }
    }
    closedir(dir);
}

/* Adds the source of a test, its literals joined that go over several lines. */
static void add_test(const char *relative)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_POLICY_TEXT_MAX);
    read_source(relative, &text);
    for (size_t i = 0; i < text.len; i++) {
        size_t next = i + 1;
        while (next < text.len && isspace((unsigned char)text.ptr[next])) {
            next++;
        }
        if (text.ptr[i] == '"' && next > i + 1 && next < text.len && text.ptr[next] == '"') {
            i = next;
        } else {
            fb_buf_add_char(&goldens, text.ptr[i]);
        }
    }
    fb_buf_release(&text);
}

/* All of the room but the parts that speak of other things than a policy's text. */
static enum fb_code read_messages(void *ctx, const char *path, struct fb_err *e)
{
    struct fb_buf text;
    (void)ctx;
    if (!fb_str_ends(fb_str_of(path), FB_STR(".c")) || strstr(path, "monpoly") ||
        strstr(path, "/diff/") || strstr(path, "signature")) {
        return FB_OK;
    }
    fb_buf_init(&text, FB_POLICY_TEXT_MAX);
    enum fb_code code = fb_io_read(path, &text, e);
    fb_buf_add_char(&text, 0);
    for (size_t k = 0; code == FB_OK && k < sizeof(calls) / sizeof(calls[0]); k++) {
        check_calls(text.ptr, &calls[k], strstr(path, "src/lang"));
    }
    fb_buf_release(&text);
    return code;
}

static void test_messages(void **state)
{
    char path[4096];
    (void)state;
    fb_buf_init(&goldens, (size_t)1 << 26);
    add_folder("tests/lang/bad", ".err");
    add_folder("tests/lang/explained", "");
    add_test("tests/unit/lang/test_lint.c");
    add_test("tests/unit/lang/test_lang.c");
    add_test("tests/unit/lang/test_same.c");
    FB_TEST_OK(
        fb_io_walk(source_path("src/lang", path, sizeof(path)), 2, read_messages, NULL, &err));
    fb_buf_release(&goldens);
    printf("# %zu messages\n", found);
    assert_int_equal(missing, 0);
    assert_true(found > 120);
}

/* The search can fail: a message that nothing gives is found nowhere. */
static void test_search(void **state)
{
    (void)state;
    assert_true(stands_in("a %s has at most %d%%", FB_STR("x: a line has at most 5% here")));
    assert_false(stands_in("a %s has at most %d", FB_STR("x: a line has at least 5")));
    assert_false(stands_in("b%sa", FB_STR("a b")));
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages), cmocka_unit_test(test_search)};
    return cmocka_run_group_tests_name("lang diagnostics", tests, NULL, NULL);
}
