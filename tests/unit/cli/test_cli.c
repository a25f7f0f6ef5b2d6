/* Tests of cli.c: the command line as it is parsed, and what is kept from a terminal. */
#include "cli/cli.h"
#include "fb_test.h"

static struct fb_err err;

/* Parses words that end in NULL; cli borrows from a copy until the next call. */
static enum fb_code parse(struct fb_cli *cli, const char **given)
{
    enum { WORDS_MAX = 16 };
    static const char *words[WORDS_MAX];
    int count = 0;
    for (; given[count]; count++) {
        assert_true(count < WORDS_MAX);
        words[count] = given[count];
    }
    *cli = (struct fb_cli){.as_of = FB_TIME_MAX};
    fb_err_init(&err);
    return fb_cli_parse(cli, count, words, &err);
}

#define WORDS(...)                                                                                 \
    (const char *[])                                                                               \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

static void test_parse(void **state)
{
    (void)state;
    struct fb_cli cli;
    FB_TEST_OK(
        parse(&cli, WORDS("--docket", "d", "add", "--as=x", "a", "--json", "--", "--b", "-")));
    assert_string_equal(cli.command->name, "add");
    assert_string_equal(cli.docket, "d");
    assert_string_equal(fb_cli_value(&cli, "as"), "x");
    assert_string_equal(fb_cli_value(&cli, "json"), "");
    assert_null(fb_cli_value(&cli, "subject"));
    assert_int_equal(fb_cli_text(&cli, "subject").len, 0);
    assert_int_equal(cli.argument_count, 3);
    assert_string_equal(cli.arguments[0], "a");
    assert_string_equal(cli.arguments[1], "--b");
    assert_string_equal(cli.arguments[2], "-");

    FB_TEST_OK(parse(&cli, WORDS("add", "--as=a=b", "--subject", "--json", "f")));
    assert_string_equal(fb_cli_value(&cli, "as"), "a=b");
    assert_string_equal(fb_cli_value(&cli, "subject"), "--json");
    assert_null(fb_cli_value(&cli, "json"));

    FB_TEST_OK(parse(&cli, WORDS("status", "-h", "--docket=")));
    assert_true(cli.wants_help);
    assert_string_equal(cli.docket, "");
    FB_TEST_OK(parse(&cli, WORDS("--clock", "2026-01-02", "status")));
    assert_true(cli.has_clock);
    FB_TEST_OK(parse(&cli, WORDS("--")));
    assert_null(cli.command);
}

static void test_refuse(void **state)
{
    (void)state;
    struct fb_cli cli;
    FB_TEST_FAILS(parse(&cli, WORDS("frobnicate")), FB_E_USAGE);
    FB_TEST_FAILS(parse(&cli, WORDS("")), FB_E_USAGE);
    FB_TEST_FAILS(parse(&cli, WORDS("--json", "status")), FB_E_USAGE);
    FB_TEST_FAILS(parse(&cli, WORDS("status", "--jso")), FB_E_USAGE);
    FB_TEST_FAILS(parse(&cli, WORDS("status", "--json=")), FB_E_USAGE);
    FB_TEST_FAILS(parse(&cli, WORDS("status", "-x")), FB_E_USAGE);
    FB_TEST_FAILS(parse(&cli, WORDS("--=x")), FB_E_USAGE);
    FB_TEST_FAILS(parse(&cli, WORDS("add", "--as")), FB_E_USAGE);
    FB_TEST_FAILS(parse(&cli, WORDS("--docket")), FB_E_USAGE);
    FB_TEST_FAILS(parse(&cli, WORDS("--clock", "soon", "status")), FB_E_TIME);
}

/* All that follows the date belongs to the command that as-of runs. */
static void test_as_of(void **state)
{
    (void)state;
    struct fb_cli cli;
    FB_TEST_OK(parse(&cli, WORDS("as-of", "--docket", "d", "2026-01-01", "status", "--json")));
    assert_string_equal(cli.command->name, "as-of");
    assert_string_equal(cli.docket, "d");
    assert_int_equal(cli.argument_count, 3);
    assert_string_equal(cli.arguments[2], "--json");
}

static void test_want(void **state)
{
    (void)state;
    struct fb_cli cli;
    FB_TEST_OK(parse(&cli, WORDS("explain")));
    FB_TEST_FAILS(fb_cli_want(&cli, 1, 1, &err), FB_E_USAGE);
    assert_non_null(strstr(err.hint, "flyball explain"));
    FB_TEST_OK(parse(&cli, WORDS("explain", "a", "b%n")));
    FB_TEST_FAILS(fb_cli_want(&cli, 1, 1, &err), FB_E_USAGE);
    assert_non_null(strstr(err.message, "'b%n'"));
}

static void test_clean(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *want;
    } cases[] = {
        {"plain\nline", "plain\nline"},
        {"\033[2J\r\t\x7f", "?[2J???"},
        {"a\302\23331mb", "a??31mb"},
        {"a\233b", "a?b"},
        {"a\342\200\256b", "a???b"},
        {"\303\251\342\202\254\xf0\x9f\x98\x80", "\303\251\342\202\254\xf0\x9f\x98\x80"},
        {"cut \342\202", "cut ??"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[64];
        snprintf(text, sizeof(text), "%s", cases[i].in);
        fb_cli_clean(text);
        assert_string_equal(text, cases[i].want);
    }
}

static void test_commands(void **state)
{
    (void)state;
    size_t count;
    const struct fb_cli_command *commands = fb_cli_commands(&count);
    assert_true(count > 10);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(fb_cli_find(commands[i].name), &commands[i]);
        assert_non_null(commands[i].run);
        assert_true(commands[i].option_count <= FB_CLI_OPTIONS_MAX);
    }
    assert_null(fb_cli_find("none"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse), cmocka_unit_test(test_refuse),
        cmocka_unit_test(test_as_of), cmocka_unit_test(test_want), cmocka_unit_test(test_clean),
        cmocka_unit_test(test_commands)};
    return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
