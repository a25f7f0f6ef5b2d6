/* Tests of src/case: yaml.c, yaml_write.c, yaml_tabs.c: trees of YAML, written and read. */
#include "base/alloc.h"
#include "case/yaml.h"
#include "fb_case.h"

static struct fb_yaml *read(struct fb_str text)
{
    struct fb_yaml *root = NULL;
    FB_TEST_OK(fb_yaml_parse(text, "t", &arena, &root, &err));
    return root;
}

static void check_written(const struct fb_yaml *root)
{
    struct fb_buf out;
    fb_buf_init(&out, 1 << 24);
    fb_yaml_write(root, &out);
    FB_TEST_OK(fb_buf_check(&out, "yaml", &err));
    struct fb_yaml *again = NULL;
    if (fb_yaml_parse(fb_buf_str(&out), "t", &arena, &again, &err) != FB_OK ||
        !fb_yaml_equal(root, again)) {
        fail_msg("%s\n%.*s", err.message, FB_STR_ARG(fb_buf_str(&out)));
    }
    fb_buf_release(&out);
}

static void test_is_text(void **state)
{
    (void)state;
    static const char *const TYPED[] = {"", "~", "null", "NULL", "true", "False", "yes", "nO", "On",
        "y", "5", "-5", "+1", "007", "089", "0x1F", "0X1f", "0x1_0", "0o7", "0b101", "1_000", "1.5",
        "1.", ".5", "1e3", "-1.5E-7"};
    static const char *const TEXTS[] = {"a", "5a", "v1.2.3", "1-2", ".", "e5", "1e", "1.5.2", "-",
        "0x", "0b2", "0x_1", "1__0", "1_", "0_1", "1_0.5", "truely", "1 2", "..5", ".inf", "-.Inf",
        ".nan", "12:30", "2020-01-01", "<<", "="};
    for (size_t i = 0; i < sizeof(TYPED) / sizeof(TYPED[0]); i++) {
        struct fb_yaml node = {.plain = true, .text = fb_str_of(TYPED[i])};
        if (fb_yaml_is_text(&node)) {
            fail_msg("%s is no text", TYPED[i]);
        }
        node.plain = false;
        assert_true(fb_yaml_is_text(&node));
    }
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        struct fb_yaml node = {.plain = true, .text = fb_str_of(TEXTS[i])};
        if (!fb_yaml_is_text(&node)) {
            fail_msg("%s is a text", TEXTS[i]);
        }
    }
    assert_false(fb_yaml_is_text(NULL));
}

static void test_writes_what_it_reads(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "a: b\n",
        "a: [1, '1', true, 'true', null, '', \"x: y\", '#no', 'a #b', '- a', '&x', '''q''']\n",
        "a:\n  b: {}\n  c: []\n  d:\n  e: |\n    two\n    lines\n  f: >\n    folded\n    text\n",
        "'5': a\n'true': b\n'': c\n'a: b': d\n",
        "- a\n- [b, [c, {d: e}]]\n- {f: [g]}\n-\n",
        "a: \"tab\\tbell\\x07 nul-free \\u2028 \\ufeff \\x85 \\xa0 \\\"\\\\ end \"\n",
        "a: ' leading'\nb: 'trailing '\nc: \"\\n\"\nd: 'ends:'\ne: '---'\nf: '...'\n",
        "just text\n",
        "a: yes\nb: 'No'\nc: =\n",
        "a: [\"with, comma\", \"with [bracket]\"]\n",
        "\xc3\xa9t\xc3\xa9: \xe6\xbc\xa2 \xf0\x9f\x98\x80\n",
        "a: [1_000, 12:30, 0o17, 017, yes, .inf, '1_000', '.nan', '2020-01-01', '<<']\n",
        "'<<': {a: b}\nc: {'<<': d}\n",
    };
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        check_written(read(fb_str_of(TEXTS[i])));
    }
}

/* Texts that some reader takes for something else stand in quotes; what was typed stays so. */
static void test_quotes_what_is_ambiguous(void **state)
{
    (void)state;
    static const char *const QUOTED[] = {"1_000", "12:30", "190:20:30.15", "017", "0o17", "0x1F",
        "0b1", "1e3", "2020-01-01", "2020-01-01 10:00:00", "yes", "Off", "y", "N", ".inf", "-.INF",
        ".NaN", "<<", "=", "~", "null", "+1", "1_0.5", "-1_000"};
    static const char *const BARE[] = {"a", "5a is", "v1.2.3", "1 kg", "G1 -> G2", "truely", "x:y"};
    struct fb_buf out;
    fb_buf_init(&out, 1 << 12);
    for (size_t i = 0; i < sizeof(QUOTED) / sizeof(QUOTED[0]) + sizeof(BARE) / sizeof(BARE[0]);
         i++) {
        bool quoted = i < sizeof(QUOTED) / sizeof(QUOTED[0]);
        const char *text = quoted ? QUOTED[i] : BARE[i - sizeof(QUOTED) / sizeof(QUOTED[0])];
        struct fb_yaml_builder b = {.arena = &arena};
        struct fb_yaml *root = fb_yaml_add(&b, NULL, FB_STR(""), FB_YAML_MAP);
        fb_yaml_add_text(&b, root, text, fb_str_of(text));
        fb_yaml_write(root, &out);
        struct fb_str want =
            fb_arena_printf(&arena, quoted ? "\"%s\": \"%s\"\n" : "%s: %s\n", text, text);
        if (!fb_str_eq(fb_buf_str(&out), want)) {
            fail_msg("%.*s and not %s", FB_STR_ARG(fb_buf_str(&out)), want.ptr);
        }
        fb_buf_clear(&out);
    }
    fb_yaml_write(read(FB_STR("a: [1_000, .inf, yes, 12:30]\n")), &out);
    assert_true(fb_str_is(fb_buf_str(&out), "a:\n  - 1_000\n  - .inf\n  - yes\n  - \"12:30\"\n"));
    fb_buf_release(&out);
}

/* An alias is what its anchor stands at, a merge what it names. */
static void test_aliases(void **state)
{
    (void)state;
    static const char *const SAME[][2] = {
        {"a: &x [1, {b: c}]\nd: *x\n", "a: [1, {b: c}]\nd: [1, {b: c}]\n"},
        {"a: &x b\nc: &x d\ne: *x\n", "a: b\nc: d\ne: d\n"},
        {"&k a: b\nc: *k\n", "a: b\nc: a\n"},
        {"a: &k b\n*k : c\n", "a: b\nb: c\n"},
        {"a: &m {b: c, d: [e]}\nf: {<<: *m, g: h}\n",
            "a: {b: c, d: [e]}\nf: {b: c, d: [e], g: h}\n"},
        {"a: {<<: [{b: c}, {d: e}], f: g}\n", "a: {b: c, d: e, f: g}\n"},
        {"a: {x: &m {b: c}, <<: *m}\n", "a: {x: {b: c}, b: c}\n"},
        {"a: {<<: {<<: {b: c}, d: e}}\n", "a: {b: c, d: e}\n"},
        {"a: {'<<': {b: c}}\n", "'a': {\"<<\": {b: c}}\n"},
        {"a: !!str 1\nb: !!map {c: d}\ne: !!seq [f]\n", "a: '1'\nb: {c: d}\ne: [f]\n"},
    };
    for (size_t i = 0; i < sizeof(SAME) / sizeof(SAME[0]); i++) {
        if (!fb_yaml_equal(read(fb_str_of(SAME[i][0])), read(fb_str_of(SAME[i][1])))) {
            fail_msg("%s", SAME[i][0]);
        }
    }
}

/* Lines of which nothing but a comment is to be read may have tabs, except where a block of text
 * holds them: there they are part of it. */
static void test_tabs(void **state)
{
    (void)state;
    static const char *const SAME[][2] = {
        {"a:\n  b: c\n\t\n  d: e\n", "a: {b: c, d: e}\n"},
        {"a:\n  b: c\n \t \t\n\t\n  d: e\n\t", "a: {b: c, d: e}\n"},
        {"\t\na:\r\n\t\r\n  b: c\r\n\t\r\n", "a: {b: c}\n"},
        {"a:\n  b: c\n\t# d\n  e: f\n \t#\n", "a: {b: c, e: f}\n"},
        {"a:\n  - b\n\t\n  - c\n\t\nd: e\n", "a: [b, c]\nd: e\n"},
        {"a: \"b\n\t\n  c\"\nd: e\n\t\nf: g\n", "a: \"b\\nc\"\nd: e\nf: g\n"},
        {"a: b\n\t\n  c\n", "a: \"b\\nc\"\n"},
        {"a: 'b\n\t\n  c'\n", "a: \"b\\nc\"\n"},
        /* blocks: their own tabs, those behind them, both */
        {"a: |\n  b\n  \t\n  c\nd: e\n\t\nf: g\n", "a: \"b\\n\\t\\nc\\n\"\nd: e\nf: g\n"},
        {"a: |\n  b\n\t\nd: e\n", "a: \"b\\n\"\nd: e\n"},
        {"a: |\n  b\n \t\t\t\t\t\nd: e\n", "a: \"b\\n\"\nd: e\n"},
        {"a: |+\n  b\n\n\t\nd: e\n", "a: \"b\\n\\n\"\nd: e\n"},
        {"a: |\n  b\n   \t\n\t\t\t\t\n\t# d\nd: e\n", "a: \"b\\n \\t\\n\"\nd: e\n"},
        {"a: |\n  # b\n  \t# c\n    d\n\t\n", "a: \"# b\\n\\t# c\\n  d\\n\"\n"},
        {"a: |2\n    b\n   \t\n\t\nc: d\n", "a: \"  b\\n \\t\\n\"\nc: d\n"},
        {"a: >-\n  b\n  c\n\t\n\t\nd: |\n  e\n\t\n\t\n", "a: b c\nd: \"e\\n\"\n"},
        {"a:\n  b: |\n    c\n    \t\n\t\n\n\t# d\n  e: f\n", "a: {b: \"c\\n\\t\\n\", e: f}\n"},
        {"- |\n  a\n\t\n- >\n  b\n\t", "- \"a\\n\"\n- \"b\\n\"\n"},
        {"a: |\n\t\nb: c\n", "a: ''\nb: c\n"},
    };
    for (size_t i = 0; i < sizeof(SAME) / sizeof(SAME[0]); i++) {
        const struct fb_yaml *left = read(fb_str_of(SAME[i][0]));
        if (!fb_yaml_equal(left, read(fb_str_of(SAME[i][1])))) {
            fail_msg("%zu: %s", i, SAME[i][0]);
        }
    }
    /* Places are those of the file. */
    const struct fb_yaml *root = read(FB_STR("a: b\n\t\t\n\t# c\nd:\n\t\n  e: f\n"));
    assert_int_equal(root->last->key_line, 4);
    assert_int_equal(root->last->child->line, 6);
    assert_int_equal(root->last->child->key_offset, 20);
    /* What is no blank line is refused where it stands. */
    static const struct {
        const char *text;
        uint32_t line;
    } BAD[] = {
        {"a:\n\tb: c\n", 2},
        {"a:\n  b: c\n\t\n\td: e\n", 4},
        {"a: |\n  b\n\t\n  c\n", 3},
        {"a: b\n\t\nc: [d\n", 4},
        {"a: b\n\t\n\na: c\n", 4},
    };
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        struct fb_yaml *none = NULL;
        assert_int_not_equal(
            fb_yaml_parse(fb_str_of(BAD[i].text), "t", &arena, &none, &err), FB_OK);
        if (err.line != BAD[i].line || (i < 3 && !strstr(err.hint, "spaces"))) {
            fail_msg("%zu: line %u: %s (%s)", i, err.line, err.message, err.hint);
        }
    }
}

/* What stands no further in than a block's parent is no text of it: the block is empty, and the
 * members below are members. */
static void test_empty_blocks(void **state)
{
    (void)state;
    static const char *const SAME[][2] = {
        {"a: |\nb: c\n", "a: ''\nb: c\n"},
        {"a:\n  b: |\nc: d\n", "a: {b: ''}\nc: d\n"},
        {"a:\n  b: |\n   c\n  d: e\n", "a: {b: \"c\\n\", d: e}\n"},
        {"a:\n  b: |1\n   c\n  d: e\n", "a: {b: \"c\\n\", d: e}\n"},
        {"a:\n  b: |2\n  d: e\n", "a: {b: '', d: e}\n"},
        {"a:\n  b: |\n\n", "a: {b: ''}\n"},
        {"- a: |\n   b\n  c: >\n\n    d\n", "- {a: \"b\\n\", c: \"\\nd\\n\"}\n"},
        {"- |\n a\n- >-\n  b\n", "[\"a\\n\", b]\n"},
        {"|\n a\n", "\"a\\n\"\n"},
    };
    for (size_t i = 0; i < sizeof(SAME) / sizeof(SAME[0]); i++) {
        const struct fb_yaml *left = read(fb_str_of(SAME[i][0]));
        if (!fb_yaml_equal(left, read(fb_str_of(SAME[i][1])))) {
            fail_msg("%zu: %s", i, SAME[i][0]);
        }
    }
    static const char *const BAD[] = {
        "a:\n  b: |\n  c: d\n",
        "a:\n  b: >-\n\n  c: d\n",
        "a:\n  b: &x |+ # e\n  # f\n  c: d\n",
        "a:\n  - |\n  - b\n",
        "a:\n  - b: |\n    c: d\n",
        "a:\n  b: |\n\t\n  c: d\n",
    };
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        struct fb_yaml *none = NULL;
        enum fb_code code = fb_yaml_parse(fb_str_of(BAD[i]), "t", &arena, &none, &err);
        if (code != FB_E_UNSUPPORTED || err.line < 3 || !strstr(err.message, "is empty")) {
            fail_msg("%zu: %s", i, BAD[i]);
        }
    }
}

/* A small file of aliases of aliases does not become large. */
static void test_aliases_are_limited(void **state)
{
    (void)state;
    struct fb_buf text;
    fb_buf_init(&text, 1 << 24);
    fb_buf_add_c(&text, "a: &a0 [x]\n");
    for (int i = 1; i < 12; i++) {
        fb_buf_addf(
            &text, "b%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1, i - 1);
    }
    struct fb_yaml *root = NULL;
    assert_int_equal(fb_yaml_parse(fb_buf_str(&text), "t", &arena, &root, &err), FB_E_LIMIT);
    assert_non_null(strstr(err.message, "100,000 values or 16 MiB"));
    assert_int_equal(err.line, 9);
    fb_buf_clear(&text);
    fb_buf_add_c(&text, "a: &a ");
    for (int i = 0; i < 1 << 17; i++) {
        fb_buf_add_c(&text, "xxxxxxxx");
    }
    fb_buf_add_c(&text, "\nb: [");
    for (int i = 0; i < 17; i++) {
        fb_buf_add_c(&text, "*a, ");
    }
    fb_buf_add_c(&text, "]\n");
    assert_int_equal(fb_yaml_parse(fb_buf_str(&text), "t", &arena, &root, &err), FB_E_LIMIT);
    fb_buf_clear(&text);
    fb_buf_add_c(&text, "a: &a [[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]\n"
                        "b: [[[[[[[[[[[[*a]]]]]]]]]]]]\n");
    assert_int_equal(fb_yaml_parse(fb_buf_str(&text), "t", &arena, &root, &err), FB_E_LIMIT);
    assert_non_null(strstr(err.message, "32 levels"));
    fb_buf_release(&text);
}

static struct fb_str some_text(char *out)
{
    static const char *const PARTS[] = {"a", "B7", " ", "'", "\"", "\\", ":", ": ", " #", "#", "-",
        "\n", "\t", "5", "true", "[", "]", "{", "}", ",", "&", "*", "!", "|", ">", "%", "@", "`",
        "\xc3\xa9", "\xe2\x80\xa8", "\xef\xbb\xbf", "\x01", "\xc2\x85", "\x7f", "?", "=", "~",
        "''''"};
    size_t len = 0, count = chance(6);
    for (size_t i = 0; i < count; i++) {
        const char *part = PARTS[chance(sizeof(PARTS) / sizeof(PARTS[0]))];
        memcpy(out + len, part, strlen(part));
        len += strlen(part);
    }
    return (struct fb_str){out, len};
}

static void add_some(struct fb_yaml_builder *b, struct fb_yaml *parent, int depth)
{
    size_t count = chance(5);
    for (size_t i = 0; i < count; i++) {
        char key[64], value[64];
        snprintf(key, sizeof(key), "k%zu", i);
        struct fb_str odd = some_text(key + 2);
        struct fb_str name = {key, odd.len + 2};
        name = chance(2) ? name : (struct fb_str){key, strlen("k0")};
        key[1] = (char)('0' + i);
        uint32_t what = chance(depth > 3 ? 2 : 4);
        struct fb_yaml *node =
            fb_yaml_add(b, parent, parent->kind == FB_YAML_MAP ? name : FB_STR(""),
                what < 2    ? FB_YAML_SCALAR
                : what == 2 ? FB_YAML_LIST
                            : FB_YAML_MAP);
        assert_non_null(node);
        if (what < 2) {
            FB_TEST_OK(fb_arena_str(&arena, some_text(value), &node->text, &err));
        } else {
            add_some(b, node, depth + 1);
        }
    }
}

/* Random trees with hostile texts come back as they were, and a copy is equal. */
static void test_random_trees(void **state)
{
    (void)state;
    for (seed = 1; seed < 2000000000u; seed += 1000003u) {
        uint32_t kept = seed;
        struct fb_yaml_builder b = {.arena = &arena};
        struct fb_yaml *root = fb_yaml_add(&b, NULL, FB_STR(""), FB_YAML_MAP);
        add_some(&b, root, 0);
        check_written(root);
        struct fb_yaml *holder = fb_yaml_add(&b, NULL, FB_STR(""), FB_YAML_LIST);
        fb_yaml_add_copy(&b, holder, root);
        assert_true(fb_yaml_equal(root, holder->child));
        assert_false(b.failed);
        fb_arena_release(&arena);
        seed = kept;
    }
}

static void test_equal(void **state)
{
    (void)state;
    assert_true(fb_yaml_equal(read(FB_STR("a: 1\nb: [c]\n")), read(FB_STR("{a: 1, b: [c]}"))));
    assert_false(fb_yaml_equal(read(FB_STR("a: 1\n")), read(FB_STR("a: '1'\n"))));
    assert_false(fb_yaml_equal(read(FB_STR("a: x\n")), read(FB_STR("b: x\n"))));
    assert_false(fb_yaml_equal(read(FB_STR("[a, b]")), read(FB_STR("[b, a]"))));
    assert_false(fb_yaml_equal(read(FB_STR("[a]")), NULL));
}

static void test_builder_without_memory(void **state)
{
    (void)state;
    struct fb_arena small;
    fb_arena_init(&small, 64);
    struct fb_yaml_builder b = {.arena = &small};
    struct fb_yaml *root = fb_yaml_add(&b, NULL, FB_STR(""), FB_YAML_MAP);
    fb_yaml_add_text(&b, root, "a", FB_STR("b"));
    fb_yaml_add_plain(&b, root, "a", FB_STR("1"));
    assert_true(b.failed);
    assert_null(fb_yaml_add(&b, root, FB_STR("c"), FB_YAML_LIST));
    fb_arena_release(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_quotes_what_is_ambiguous, setup, teardown),
        cmocka_unit_test_setup_teardown(test_aliases, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tabs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_empty_blocks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_aliases_are_limited, setup, teardown),
        cmocka_unit_test_setup_teardown(test_is_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_writes_what_it_reads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_trees, setup, teardown),
        cmocka_unit_test_setup_teardown(test_equal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_builder_without_memory, setup, teardown),
    };
    return cmocka_run_group_tests_name("case-yaml", tests, NULL, NULL);
}
