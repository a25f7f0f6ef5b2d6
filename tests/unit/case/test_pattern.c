/* Tests of src/case: pattern.c, and the patterns that ship (packs/cases). */
#include "base/buf.h"
#include "case/formats.h"
#include "case/pattern.h"
#include "case/rules.h"
#include "fb_case.h"

static struct fb_doc_file pattern_of(const char *text)
{
    struct fb_doc_file file = {.path = "p.yaml", .text = fb_str_of(text)};
    struct fb_yaml *root = NULL;
    FB_TEST_OK(fb_yaml_parse(file.text, file.path, &arena, &root, &err));
    file.root = root;
    return file;
}

/* Applies a pattern with settings "a=b", up to NULL; what comes out as YAML. */
static enum fb_code apply(
    const char *text, const char *const *settings, struct fb_buf *out, struct fb_yaml **root)
{
    struct fb_pattern_setting list[16];
    size_t count = 0;
    for (; settings && settings[count]; count++) {
        struct fb_str all = fb_str_of(settings[count]);
        size_t at = fb_str_find(all, '=', 0);
        list[count] =
            (struct fb_pattern_setting){fb_str_sub(all, 0, at), fb_str_sub(all, at + 1, all.len)};
    }
    struct fb_doc_file file = pattern_of(text);
    struct fb_pattern_request request = {&file, list, count};
    enum fb_code code = fb_pattern_apply(&request, &arena, root, &err);
    if (code == FB_OK) {
        fb_yaml_write(*root, out);
    }
    return code;
}

static void gives(const char *text, const char *const *settings, const char *want)
{
    struct fb_buf out;
    struct fb_yaml *root = NULL;
    fb_buf_init(&out, 1 << 20);
    FB_TEST_OK(apply(text, settings, &out, &root));
    struct fb_doc_file expected = pattern_of(want);
    if (!fb_yaml_equal(root, expected.root)) {
        assert_string_equal(out.ptr, want);
    }
    fb_buf_release(&out);
}

static const char TWO[] =
    "module: {name: m, pattern: {s: {default: it}, h: {many: true}, t: {many: true}, w: x}}\n"
    "G1: {text: '{s} {unknown}', supportedBy: [G2, G3], multiple: [G2]}\n"
    "G2: {each: h, text: 'not {h}', supportedBy: [G4, Sn2]}\n"
    "G3: {when: w, text: only with w, supportedBy: [Sn3]}\n"
    "G4: {each: t, text: '{h} by {t}', supportedBy: [Sn1]}\n"
    "Sn1: {text: 'about {t}'}\nSn2: {text: shared}\nSn3: {text: gone}\n"
    "CSn1: {when: w != no, text: doubt, challenges: [G3]}\n";

static void test_instances(void **state)
{
    (void)state;
    gives(TWO, (const char *const[]){"h=a; b", "t=x;y", NULL},
        "module:\n  name: m\n"
        "G1:\n  text: it {unknown}\n  supportedBy:\n  - G2_1\n  - G2_2\n"
        "G2_1:\n  text: not a\n  supportedBy:\n  - G4_1_1\n  - G4_1_2\n  - Sn2\n"
        "G2_2:\n  text: not b\n  supportedBy:\n  - G4_2_1\n  - G4_2_2\n  - Sn2\n"
        "G4_1_1:\n  text: a by x\n  supportedBy:\n  - Sn1_1\n"
        "G4_1_2:\n  text: a by y\n  supportedBy:\n  - Sn1_2\n"
        "G4_2_1:\n  text: b by x\n  supportedBy:\n  - Sn1_1\n"
        "G4_2_2:\n  text: b by y\n  supportedBy:\n  - Sn1_2\n"
        "Sn1_1:\n  text: about x\nSn1_2:\n  text: about y\nSn2:\n  text: shared\n");
}

static void test_conditions(void **state)
{
    (void)state;
    static const char TEXT[] =
        "module: {name: m, pattern: {k: {default: a}, n: {default: '2..3'}, p: {default: 10%},\n"
        "  limit: {default: 0.25}, open: {text: never set}}}\n"
        "G1: {text: '{product: n p} and {open}', supportedBy: [G2, G3, G4, G5]}\n"
        "G2: {when: k = a, undeveloped: true}\nG3: {when: k = b, undeveloped: true}\n"
        "G4: {when: 'product: n p >= limit', undeveloped: true}\n"
        "G5: {when: 'product: n p < limit', undeveloped: true}\n";
    gives(TEXT, NULL,
        "module:\n  name: m\nG1:\n  text: 0.2 to 0.3 and {open}\n  supportedBy:\n  - G2\n  - G4\n"
        "  uninstantiated: true\nG2:\n  undeveloped: true\nG4:\n  undeveloped: true\n");
    gives(TEXT, (const char *const[]){"k=b", "n=1", "open=x", NULL},
        "module:\n  name: m\nG1:\n  text: 0.1 and x\n  supportedBy:\n  - G3\n  - G5\n"
        "G3:\n  undeveloped: true\nG5:\n  undeveloped: true\n");
    /* What loses all of its support is work still to do. */
    gives("module: {pattern: {k: x}}\nG1: {supportedBy: [G2]}\nG2: {when: k, undeveloped: true}\n",
        NULL, "module: {}\nG1:\n  undeveloped: true\n");
}

/* A challenge of a relation is one of each relation that comes of it, in either direction, and none
 * of one that is not there. Long keys are kept. */
static void test_relations(void **state)
{
    (void)state;
    static const char TEXT[] =
        "module: {name: m, pattern: {h: {many: true}, t: {many: true}, w: x}}\n"
        "G1: {supportedBy: [G2, G3]}\n"
        "G2: {each: h, text: '{h}', supportedBy: [Sn1]}\n"
        "Sn1: {each: t, text: '{h} {t}'}\n"
        "G3: {when: w, undeveloped: true}\n"
        "CSn1: {challenges: [G1 -> G2, G1 -> G3, G9 -> G1]}\n"
        "CSn2: {challenges: [Sn1 -> G2]}\n"
        "CSn3: {challenges: G1 -> G3}\n"
        "CSn4: {each: h, text: '{h}', challenges: [G2 -> Sn1]}\n";
    gives(TEXT, (const char *const[]){"h=a;b", "t=x;y", NULL},
        "module: {name: m}\n"
        "G1: {supportedBy: [G2_1, G2_2]}\n"
        "G2_1: {text: a, supportedBy: [Sn1_1_1, Sn1_1_2]}\n"
        "G2_2: {text: b, supportedBy: [Sn1_2_1, Sn1_2_2]}\n"
        "Sn1_1_1: {text: a x}\nSn1_1_2: {text: a y}\n"
        "Sn1_2_1: {text: b x}\nSn1_2_2: {text: b y}\n"
        "CSn1: {challenges: [G1 -> G2_1, G1 -> G2_2, G9 -> G1]}\n"
        "CSn2: {challenges: [Sn1_1_1 -> G2_1, Sn1_1_2 -> G2_1, Sn1_2_1 -> G2_2, Sn1_2_2 -> G2_2]}\n"
        "CSn4_1: {text: a, challenges: [G2_1 -> Sn1_1_1, G2_1 -> Sn1_1_2]}\n"
        "CSn4_2: {text: b, challenges: [G2_2 -> Sn1_2_1, G2_2 -> Sn1_2_2]}\n");
    char text[1000], want[1000], key[301];
    memset(key, 'k', 300);
    key[300] = '\0';
    snprintf(
        text, sizeof(text), "module: {pattern: {a: x}}\nG1: {%s: '{a}', undeveloped: true}\n", key);
    snprintf(want, sizeof(want), "module: {}\nG1: {%s: 'v', undeveloped: true}\n", key);
    gives(text, (const char *const[]){"a=v", NULL}, want);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *setting;
        enum fb_code code;
        const char *message;
    } CASES[] = {
        {"G1: {}\n", NULL, FB_E_SCHEMA, "is no pattern"},
        {"module: {pattern: {a: x}}\nG1: {}\n", "b=1", FB_E_USAGE, "no parameter 'b'"},
        {"module: {pattern: {a: x}}\nG1: {}\n", "a=", FB_E_USAGE, "set to nothing"},
        {"module: {pattern: {a: x}}\nG1: {each: a}\n", "a=1", FB_E_SCHEMA,
            "names no parameter with several values"},
        {"module: {pattern: {a: x}}\nG1: {when: b}\n", NULL, FB_E_SCHEMA, "is no condition"},
        {"module: {pattern: {a: x}}\nG1: {when: a is 1}\n", NULL, FB_E_SCHEMA, "is no condition"},
        {"module: {pattern: {a: x}}\nG1: {when: 'product: a < a'}\n", "a=much", FB_E_SCHEMA,
            "is no condition"},
        {"module: {pattern: {a: x}}\nG1: {text: '{product: a}'}\n", "a=-1", FB_E_SCHEMA,
            "multiplies what is no number"},
        {"module: {pattern: {a: {many: true}}}\nG1: {text: '{a}'}\n", "a=1;2", FB_E_SCHEMA,
            "depends on a parameter with several values"},
        {"module: {pattern: {a: x}}\nG1: {supportedBy: [G2]}\nG2: {supportedBy: [G1]}\n", NULL,
            FB_E_SCHEMA, "supports itself"},
        {"module: {pattern: {a: {many: true}}}\nG1: {supportedBy: [G2, G2_1]}\n"
         "G2: {each: a, undeveloped: true}\nG2_1: {undeveloped: true}\n",
            "a=1;2", FB_E_SCHEMA, "'G2_1' comes to an id that another element has too"},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct fb_buf out;
        struct fb_yaml *root = NULL;
        fb_buf_init(&out, 1 << 20);
        const char *settings[] = {CASES[i].setting, NULL};
        assert_int_equal(apply(CASES[i].text, settings, &out, &root), CASES[i].code);
        if (!strstr(err.message, CASES[i].message)) {
            fail_msg("%s: %s", CASES[i].text, err.message);
        }
        assert_true(err.hint[0] != '\0');
        fb_err_init(&err);
        fb_buf_release(&out);
    }
}

/* Values and elements have limits. */
static void test_limits(void **state)
{
    (void)state;
    struct fb_buf out, values;
    struct fb_yaml *root = NULL;
    fb_buf_init(&out, 1 << 24);
    fb_buf_init(&values, 1 << 20);
    fb_buf_add_c(&values, "a=0");
    for (int i = 1; i < FB_PATTERN_VALUES_MAX; i++) {
        fb_buf_addf(&values, ";%d", i);
    }
    static const char TEXT[] = "module: {pattern: {a: {many: true}}}\nG1: {supportedBy: [G2]}\nG2: "
                               "{each: a, undeveloped: true}\n";
    FB_TEST_OK(apply(TEXT, (const char *const[]){values.ptr, NULL}, &out, &root));
    assert_int_equal(root->count, FB_PATTERN_VALUES_MAX + 2);
    fb_buf_add_c(&values, ";x");
    assert_int_equal(apply(TEXT, (const char *const[]){values.ptr, NULL}, &out, &root), FB_E_LIMIT);
    fb_err_init(&err);
    static const char SQUARE[] =
        "module: {pattern: {a: {many: true}, b: {many: true}}}\nG1: {supportedBy: [G2]}\n"
        "G2: {each: a, supportedBy: [G3]}\nG3: {each: b, text: '{a}', undeveloped: true}\n";
    fb_buf_clear(&values);
    fb_buf_add_c(&values, "0");
    for (int i = 1; i < 101; i++) {
        fb_buf_addf(&values, ";%d", i);
    }
    char a[1000], b[1000];
    snprintf(a, sizeof(a), "a=%s", values.ptr);
    snprintf(b, sizeof(b), "b=%s", values.ptr);
    assert_int_equal(apply(SQUARE, (const char *const[]){a, b, NULL}, &out, &root), FB_E_LIMIT);
    fb_err_init(&err);
    /* References are counted apart: 8,003 elements with 9,002 names in lists. */
    static const char TALL[] =
        "module: {pattern: {a: {many: true}}}\nG0: {supportedBy: [G1, G2]}\n"
        "G1: {each: a, supportedBy: [G3, G4, G5, G6, G7, G8, G9, C1]}\nG2: {undeveloped: true}\n"
        "G3: {text: '{a}', undeveloped: true}\nG4: {text: '{a}', undeveloped: true}\n"
        "G5: {text: '{a}', undeveloped: true}\nG6: {text: '{a}', undeveloped: true}\n"
        "G7: {text: '{a}', undeveloped: true}\nG8: {text: '{a}', undeveloped: true}\n"
        "G9: {text: '{a}', undeveloped: true}\nC1: {text: one}\n";
    fb_buf_clear(&values);
    fb_buf_add_c(&values, "a=0");
    for (int i = 1; i < FB_PATTERN_VALUES_MAX; i++) {
        fb_buf_addf(&values, ";%d", i);
    }
    FB_TEST_OK(apply(TALL, (const char *const[]){values.ptr, NULL}, &out, &root));
    assert_int_equal(root->count, 8 * FB_PATTERN_VALUES_MAX + 4);
    /* 101 that are challenged by 1,000 each, and the last of them is the last list of all. */
    static const char WIDE[] =
        "module: {pattern: {a: {many: true}, b: {many: true}}}\nG0: {supportedBy: [G1, G2]}\n"
        "G1: {each: a, undeveloped: true}\nG2: {each: b, undeveloped: true}\n"
        "CSn1: {each: b, challenges: [G1]}\n";
    assert_int_equal(
        apply(WIDE, (const char *const[]){values.ptr, b, NULL}, &out, &root), FB_E_LIMIT);
    assert_non_null(strstr(err.message, "more than 100000 references"));
    fb_err_init(&err);
    fb_buf_release(&values);
    fb_buf_release(&out);
}

/* Checks a tree with every rule, as it is read from the file that would be written. */
static void check(const struct fb_buf *text, const char *name)
{
    static const struct fb_rules_options OPTIONS = {.all = true};
    struct fb_doc doc;
    struct fb_case *c = NULL;
    struct fb_yaml *root = NULL;
    struct fb_doc_file file = {.path = name, .text = fb_buf_str(text)};
    fb_doc_init(&doc, &arena);
    FB_TEST_OK(fb_case_read_tree(&file, FB_CASE_GSN, &arena, &root, &err));
    file.root = root;
    FB_TEST_OK(fb_doc_add(&doc, &file, &err));
    FB_TEST_OK(fb_rules_check(&doc, &OPTIONS, &err));
    for (size_t i = 0; i < doc.finding_count; i++) {
        fail_msg("%s: %s: %.*s", name, doc.findings[i].rule, FB_STR_ARG(doc.findings[i].message));
    }
    FB_TEST_OK(fb_case_build(&doc, false, &arena, &c, &err));
    FB_TEST_OK(fb_case_label(c, NULL, NULL, &arena, &err));
    fb_doc_release(&doc);
}

/* Every pattern that ships is clean as a pattern, with nothing set, and with several values. */
static void test_library(void **state)
{
    (void)state;
    size_t count = 0;
    for (const struct fb_pattern_file *file = fb_pattern_library(); file->name; file++, count++) {
        struct fb_buf out;
        struct fb_yaml *root = NULL;
        struct fb_pattern_parameter *parameters = NULL;
        size_t parameter_count = 0;
        fb_buf_init(&out, 1 << 20);
        fb_buf_add_c(&out, file->text);
        check(&out, file->name);
        fb_buf_clear(&out);
        FB_TEST_OK(apply(file->text, NULL, &out, &root));
        check(&out, file->name);
        struct fb_doc_file pattern = pattern_of(file->text);
        FB_TEST_OK(fb_pattern_parameters(&pattern, &arena, &parameters, &parameter_count, &err));
        const char *settings[16] = {NULL};
        size_t set = 0;
        for (size_t i = 0; i < parameter_count; i++) {
            assert_true(parameters[i].text.len > 0);
            if (parameters[i].many || !parameters[i].initial.ptr) {
                char *text = fb_arena_alloc(&arena, 200);
                snprintf(text, 200, "%.*s=%s", FB_STR_ARG(parameters[i].name),
                    parameters[i].many ? "one; two; three" : "one");
                settings[set++] = text;
            }
        }
        fb_buf_clear(&out);
        FB_TEST_OK(apply(file->text, settings, &out, &root));
        check(&out, file->name);
        assert_null(strchr(out.ptr, '{'));
        assert_true(set == 0 || strstr(out.ptr, "one"));
        fb_buf_release(&out);
    }
    assert_int_equal(count, 5);
}

/* The challenge appears with the product that reaches what is tolerable. */
static void test_uplift(void **state)
{
    (void)state;
    const struct fb_pattern_file *file = fb_pattern_library();
    while (strcmp(file->name, "misuse-safeguards") != 0) {
        file++;
    }
    struct fb_buf out;
    struct fb_yaml *root = NULL;
    fb_buf_init(&out, 1 << 20);
    FB_TEST_OK(apply(file->text, (const char *const[]){"harm=x", NULL}, &out, &root));
    assert_non_null(strstr(out.ptr, "is 0.0001 to 0.1 expected"));
    assert_null(fb_yaml_get(root, "CSn1"));
    FB_TEST_OK(
        apply(file->text, (const char *const[]){"harm=x", "attackers=10..75", NULL}, &out, &root));
    assert_non_null(fb_yaml_get(root, "CSn1"));
    fb_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_instances, setup, teardown),
        cmocka_unit_test_setup_teardown(test_conditions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_relations, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_library, setup, teardown),
        cmocka_unit_test_setup_teardown(test_uplift, setup, teardown),
    };
    return cmocka_run_group_tests_name("case-pattern", tests, NULL, NULL);
}
