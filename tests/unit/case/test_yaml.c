/* Tests of src/case: yaml.c, yaml_write.c: trees of YAML are written and read again. */
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
    static const char *const TYPED[] = {"", "~", "null", "true", "False", "5", "-5", "+1", "0x1F",
        "0o7", "1.5", "1.", ".5", "1e3", "-1.5E-7", ".inf", "-.Inf", ".nan"};
    static const char *const TEXTS[] = {
        "a", "5a", "v1.2.3", "1-2", ".", "e5", "1e", "1.5.2", "-", "0x", "truely", "1 2", "..5"};
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
    };
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        check_written(read(fb_str_of(TEXTS[i])));
    }
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
        cmocka_unit_test_setup_teardown(test_is_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_writes_what_it_reads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_trees, setup, teardown),
        cmocka_unit_test_setup_teardown(test_equal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_builder_without_memory, setup, teardown),
    };
    return cmocka_run_group_tests_name("case-yaml", tests, NULL, NULL);
}
