/* Tests of src/case: load.c, rules.c, rules_own.c: gsn2x's rules and ours. */
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/io.h"
#include "case/load.h"
#include "case/rules.h"
#include "fb_test.h"

static struct fb_err err;
static struct fb_arena arena;
static struct fb_doc doc;
static char folder[64];

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)1 << 30);
    fb_doc_init(&doc, &arena);
    snprintf(folder, sizeof(folder), "/tmp/flyball-rules-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    fb_doc_release(&doc);
    fb_arena_release(&arena);
    for (char name = 'a'; name <= 'd'; name++) {
        char path[80];
        snprintf(path, sizeof(path), "%s/%c.yaml", folder, name);
        fb_io_remove(path);
    }
    return rmdir(folder);
}

static void again(void)
{
    fb_doc_release(&doc);
    fb_arena_release(&arena);
    fb_doc_init(&doc, &arena);
}

/* Files a.yaml, b.yaml ... of which the first `listed` are named; the rest are only there. */
static enum fb_code load(const char *const *texts, size_t count, size_t listed)
{
    static char paths[4][80];
    const char *names[4];
    for (size_t i = 0; i < count; i++) {
        snprintf(paths[i], sizeof(paths[i]), "%s/%c.yaml", folder, (char)('a' + i));
        FB_TEST_OK(fb_io_write(paths[i], fb_str_of(texts[i]), 0600, &err));
        names[i] = paths[i];
    }
    struct fb_load_options options = {.follow = true, .format = FB_CASE_UNKNOWN};
    return fb_doc_load(&doc, &options, names, listed, &err);
}

/* "V04@1:2 C01@-" of all findings. */
static const char *found(char *out, size_t size)
{
    out[0] = 0;
    for (size_t i = 0; i < doc.finding_count; i++) {
        const struct fb_finding *f = &doc.findings[i];
        size_t len = strlen(out);
        if (f->place.module == FB_DOC_NONE) {
            snprintf(out + len, size - len, "%s%s@-", len ? " " : "", f->rule);
        } else {
            snprintf(out + len, size - len, "%s%s@%u:%u", len ? " " : "", f->rule, f->place.line,
                fb_doc_column(&doc, &f->place));
        }
        assert_true(f->message.len > 0);
    }
    return out;
}

/* One file, what it breaks, and where. A lower-case rule is a warning. */
static const struct {
    const char *text;
    const char *rules;
    size_t errors;
} ONE[] = {
    {"G1: {supportedBy: [Sn1]}\nSn1: {}\n", "", 0},
    {"X1: {}\n", "V01@1:1", 1},
    {"G1: {}\n", "V02@1:1", 0},
    {"G1: {supportedBy: [S1]}\nS1: {text: a}\n", "V02@2:1", 0},
    {"G1: {undeveloped: true, supportedBy: [Sn1]}\nSn1: {}\n", "V03@1:6", 1},
    {"G1: {supportedBy: [C1]}\nC1: {}\n", "V04@1:20", 1},
    {"G1: {supportedBy: [Sn1], inContextOf: Sn2}\nSn1: {}\nSn2: {}\n", "V04@1:39", 1},
    {"G1: {supportedBy: Sn1}\nSn1: {supportedBy: [Sn2]}\nSn2: {}\n", "V04@2:21", 1},
    {"G1: {supportedBy: [Sn1, Sn1]}\nSn1: {}\n", "V05@1:25", 0},
    {"G1: {supportedBy: [Sn1], inContextOf: [C1, C1, C1]}\nSn1: {}\nC1: {}\n", "V05@1:44 V05@1:48",
        0},
    {"G1: {supportedBy: [G1, Sn1]}\nSn1: {}\n", "V06@1:20", 1},
    {"C1: {inContextOf: [C1]}\n", "V06@1:20 V04@1:20", 1 + 1},
    {"G1: {supportedBy: Sn1, acp: {P: [Sn1, G1]}}\nSn1: {}\n", "", 0},
    {"G1: {supportedBy: Sn1, acp: {P: G2, Q: Sn1}}\nSn1: {}\n", "V09@1:33", 1},
    {"G1: {supportedBy: Sn1, defeated: true}\nSn1: {}\n", "V10@1:24", 1},
    {"G1: {supportedBy: Sn1, defeated: true}\nSn1: {}\nCG1: {challenges: G1}\n", "", 0},
    {"G1: {supportedBy: Sn1}\nSn1: {challenges: G1}\n", "V12@2:7", 1},
    {"G1: {supportedBy: Sn1, defeatedRelation: [Sn1, Sn2, Sn3]}\nSn1: {}\n", "V13@1:48", 1},
    {"G1: {undeveloped: true}\nG2: {undeveloped: true}\n", "C01@2:1", 0},
    {"G1: {supportedBy: G2}\nG2: {supportedBy: G1}\n", "C01@1:1", 1},
    {"S1: {undeveloped: true}\n", "C02@1:1", 1},
    {"G1: {supportedBy: [G2, G3]}\n", "C03@1:20", 1},
    {"G1: {supportedBy: G2, inContextOf: C1}\nG0: {supportedBy: [G1, G9]}\n", "C03@2:24", 1},
    {"G1: {supportedBy: G2, inContextOf: C1}\n", "C03@1:36 C03@1:19", 2},
    {"G1: {supportedBy: 'G2, G3'}\n", "C03@1:20 C11@1:20", 1},
    {"G0: {supportedBy: G1}\nG1: {supportedBy: G2}\nG2: {supportedBy: [G1]}\n", "C04@3:20", 1},
    {"G0: {undeveloped: true}\nG1: {supportedBy: G2}\nG2: {supportedBy: G1}\n", "C08@2:1", 1},
    {"G1: {undeveloped: true}\nCG1: {challenges: CG2}\nCG2: {challenges: CG1}\n", "C08@2:1", 1},
    {"G1: {supportedBy: Sn1}\nSn1: {}\nCG1: {challenges: G1 -> Sn1}\n", "", 0},
    {"G1: {supportedBy: Sn1}\nSn1: {}\nCG1: {challenges: Sn1 -> G1}\n", "", 0},
    {"G1: {undeveloped: true}\nCG1: {challenges: G1 -> G9}\n", "C12@2:19", 1},
    {"G1: {undeveloped: true}\nCG1: {challenges: CG1}\n", "C13@2:19", 1},
    {"G1: {undeveloped: true}\nCG1: {challenges: G9}\n", "C14@2:19", 1},
    {"G1: {undeveloped: true}\nCG1: {challenges: G1 -> G1}\n", "C15@2:19", 1},
    {"G1: {supportedBy: Sn1}\nSn1: {}\nCG1: {challenges: Sn1 -> CG1}\n", "", 0},
    {"G1: {supportedBy: [S1]}\nS1: {supportedBy: Sn1}\nSn1: {}\nCG1: {challenges: G1 -> Sn1}\n",
        "C16@4:19", 1},
    /* Stages: what follows an error of an earlier one is not looked at. */
    {"X1: {supportedBy: G9}\n", "V01@1:1 V04@1:19", 2},
    /* Values that gsn2x does not read. */
    {"G1: {text: 5, undeveloped: true}\n", "F01@1:12", 1},
    {"G1: {undeveloped: true, text: }\n", "F01@1:25", 1},
    {"G1:\n", "F01@1:1", 1},
    {"G1: {supportedBy: [1]}\n", "F01@1:19", 1},
    {"G1: {nodeType: Thing}\n", "F01@1:16", 1},
    {"G1: {undeveloped: 'true'}\n", "F01@1:20", 1},
    {"G1: {undeveloped: true, rankIncrement: x}\n", "F01@1:40", 1},
    {"module: {name: A}\n", "F02@1:1", 1},
};

static void test_each_rule(void **state)
{
    (void)state;
    static const struct fb_rules_options OPTIONS = {.all = false};
    for (size_t i = 0; i < sizeof(ONE) / sizeof(ONE[0]); i++) {
        char got[400];
        FB_TEST_OK(load(&ONE[i].text, 1, 1));
        FB_TEST_OK(fb_rules_check(&doc, &OPTIONS, &err));
        found(got, sizeof(got));
        if (strcmp(got, ONE[i].rules) != 0 || doc.error_count != ONE[i].errors) {
            fail_msg("%s: got '%s', %zu errors", ONE[i].text, got, doc.error_count);
        }
        again();
    }
}

static void check_files(const char *const *texts, size_t count, size_t listed, const char *rules)
{
    static const struct fb_rules_options OPTIONS = {.all = false};
    char got[400];
    FB_TEST_OK(load(texts, count, listed));
    FB_TEST_OK(fb_rules_check(&doc, &OPTIONS, &err));
    assert_string_equal(found(got, sizeof(got)), rules);
    again();
}

static void test_modules(void **state)
{
    (void)state;
    static const char *const DEVELOPED[] = {"module: {name: A}\nG1: {undeveloped: true}\n",
        "module: {name: B, extends: [{module: A, develops: {G1: [G2]}}]}\n"
        "G2: {undeveloped: true}\n"};
    check_files(DEVELOPED, 2, 2, "");
    const char *const NOT_UNDEVELOPED[] = {
        "module: {name: A}\nG1: {supportedBy: Sn1}\nSn1: {}\n", DEVELOPED[1]};
    check_files(NOT_UNDEVELOPED, 2, 2, "C10@1:52");
    check_files(DEVELOPED + 1, 1, 1, "C09@1:38 C10@1:52");
    const char *const WRONG[] = {DEVELOPED[0],
        "module: {name: B, extends: [{module: A, develops: {G1: [C2, G3]}}]}\nC2: {}\n"
        "G4: {undeveloped: true}\n"};
    check_files(WRONG, 2, 2, "V07@1:57 V07@1:61");
    static const char *const USED[] = {
        "module: {name: A, uses: [b.yaml]}\nG1: {supportedBy: [G2]}\n",
        "module: {name: B, uses: [./c.yaml]}\nG2: {supportedBy: [Sn1]}\n", "Sn1: {}\n"};
    check_files(USED, 3, 1, "");
    check_files(USED, 3, 2, "C06@1:26");
    static const char *const CIRCLE[] = {"module: {name: A, uses: [b.yaml]}\nG1: {}\n",
        "module: {name: B, uses: [a.yaml]}\nG2: {}\n"};
    check_files(CIRCLE, 2, 1, "C06@1:26");
    static const char *const TWICE[] = {"G1: {undeveloped: true}\n", "G1: {undeveloped: true}\n"};
    check_files(TWICE, 2, 2, "C07@1:1 F02@1:1");
    static const char *const BOTH[] = {"G1: {supportedBy: [G2]}\nG2: {undeveloped: true}\n",
        "A0: {}\nG1: {undeveloped: true}\nX9: {}\n"};
    check_files(BOTH, 2, 2, "C07@2:1 C01@1:1");
    /* Nothing else is said where a value has a wrong form, in what is left out too. */
    static const char *const FORM[] = {
        "G1: {undeveloped: true}\n", "A0: {}\nG1: {undeveloped: true}\nG2: {supportedBy: [1]}\n"};
    check_files(FORM, 2, 2, "F01@3:19");
    /* What follows the first module with an error is not looked at. Without a name a module stands
     * where its path with "_" for other signs does: behind capital letters. */
    static const char *const ORDER[] = {
        "X1: {}\n", "module: {name: Z}\nG1: {undeveloped: true, supportedBy: [Sn1]}\nSn1: {}\n"};
    check_files(ORDER, 2, 2, "V03@2:6");
    static const char *const BEHIND[] = {
        "X1: {}\n", "module: {name: a}\nG1: {undeveloped: true, supportedBy: [Sn1]}\nSn1: {}\n"};
    check_files(BEHIND, 2, 2, "V01@1:1");
}

/* A case from anybody names no file outside of its folder, and none through a link. */
static void test_uses_stays_inside(void **state)
{
    (void)state;
    static const struct {
        const char *uses, *words;
    } ROWS[] = {{"/etc/passwd", "is named from the root"}, {"../x.yaml", "leads out of the folder"},
        {"./sub/../../x.yaml", "leads out of the folder"}, {"d.yaml", "leads through a link"},
        {"d.yaml/../b.yaml", "leads through a link"}, {".", "is no file"}};
    char link[80], text[200];
    snprintf(link, sizeof(link), "%s/d.yaml", folder);
    assert_int_equal(symlink("/etc/passwd", link), 0);
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        snprintf(text, sizeof(text), "module: {name: A, uses: [%s]}\nG1: {undeveloped: true}\n",
            ROWS[i].uses);
        const char *texts[] = {text};
        assert_int_equal(load(texts, 1, 1), FB_E_UNSUPPORTED);
        assert_non_null(strstr(err.message, ROWS[i].words));
        assert_non_null(strstr(err.hint, "beside the case"));
        assert_int_equal(err.line, 1);
        assert_int_equal(err.column, 26);
        again();
    }
    static const char *const INSIDE[] = {
        "module: {name: A, uses: [.//./b.yaml]}\nG1: {supportedBy: [G2]}\n",
        "module: {name: B}\nG2: {undeveloped: true}\n"};
    FB_TEST_OK(load(INSIDE, 2, 1));
    assert_int_equal(doc.module_count, 2);
}

static void test_options(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "module: {name: A}\nG1: {nodeType: Strategy, supportedBy: [G9]}\nG0: {supportedBy: [G1]}\n"
        "CG1: {challenges: G1}\n"};
    struct fb_rules_options options = {.extended = true, .dialectic = true};
    char got[400];
    FB_TEST_OK(load(texts, 1, 1));
    FB_TEST_OK(fb_rules_check(&doc, &options, &err));
    assert_string_equal(found(got, sizeof(got)), "V08@2:6 V11@4:1 C03@2:40");
    again();
    const char *excluded[] = {"A"};
    options = (struct fb_rules_options){.excluded = excluded, .excluded_count = 1};
    FB_TEST_OK(load(texts, 1, 1));
    FB_TEST_OK(fb_rules_check(&doc, &options, &err));
    assert_string_equal(found(got, sizeof(got)), "");
    again();
    static const char *const many[] = {"X1: {}\nG1: {supportedBy: [G8, G9]}\n"};
    options = (struct fb_rules_options){.all = true};
    FB_TEST_OK(load(many, 1, 1));
    FB_TEST_OK(fb_rules_check(&doc, &options, &err));
    assert_string_equal(found(got, sizeof(got)), "V01@1:1 C03@2:20 C03@2:24 C01@1:1");
}

/* Our own rules: flags that contradict what is computed, and what a docket would refuse. */
static void test_own_rules(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *rules;
    } ROWS[] = {
        {"G1: {supportedBy: Sn1}\nSn1: {}\n", ""},
        {"module: {name: M}\nG1: {undeveloped: true, inModule: X}\n", "F05@2:35"},
        {"module: {name: M}\nG1: {undeveloped: true, inModule: M}\n", ""},
        {"module: {name: M, parts: {X: {}}}\nG1: {undeveloped: true, inModule: X}\n", ""},
        {"G1: {supportedBy: Sn1}\nSn1: {}\nC1: {}\n", "F04@3:1"},
        {"G1: {supportedBy: [Sn1, Sn1]}\nSn1: {}\n", "F04@1:25"},
        {"G1: {supportedBy: Sn1, support: most}\nSn1: {}\n", "F04@1:33"},
        {"G1: {supportedBy: Sn1, defeated: true}\nSn1: {}\n"
         "CSn1: {challenges: G1}\nCSn2: {challenges: CSn1}\n",
            "F03@1:24 F03@3:1 F03@3:1"},
        {"G1: {supportedBy: Sn1}\nSn1: {}\nCSn1: {challenges: G1, defeated: true, "
         "defeatedRelation: G1}\nCSn2: {challenges: CSn1}\n",
            ""},
    };
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        char got[400];
        FB_TEST_OK(load(&ROWS[i].text, 1, 1));
        FB_TEST_OK(fb_rules_own(&doc, &err));
        if (strcmp(found(got, sizeof(got)), ROWS[i].rules) != 0) {
            fail_msg("%s: got '%s'", ROWS[i].text, got);
        }
        assert_int_equal(doc.error_count, 0);
        again();
    }
    static const char *const away[] = {"G1: {supportedBy: G2}\nG2: {away: M, undeveloped: true}\n",
        "module: {name: N}\nSn1: {}\n"};
    char got[400];
    FB_TEST_OK(load(away, 2, 2));
    FB_TEST_OK(fb_rules_own(&doc, &err));
    assert_non_null(strstr(found(got, sizeof(got)), "F05@2:1"));
}

static void test_limits(void **state)
{
    (void)state;
    struct fb_doc_file file = {.path = "m", .text = FB_STR("{}")};
    FB_TEST_OK(fb_yaml_parse(file.text, "m", &arena, &file.root, &err));
    for (int i = 0; i < FB_DOC_MODULES_MAX; i++) {
        FB_TEST_OK(fb_doc_add(&doc, &file, &err));
    }
    FB_TEST_FAILS(fb_doc_add(&doc, &file, &err), FB_E_LIMIT);
    struct fb_report report = {.rule = "F01", .is_error = true, .place = {0, 1, 0}};
    for (int i = 0; i < FB_DOC_FINDINGS_MAX + 5; i++) {
        FB_TEST_OK(fb_doc_report(&doc, &report, &err, "finding %d", i));
    }
    assert_int_equal(doc.finding_count, FB_DOC_FINDINGS_MAX);
    assert_int_equal(doc.error_count, FB_DOC_FINDINGS_MAX + 5);
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "module: {name: A, uses: [b.yaml]}\nG1: {supportedBy: [G2, G3], acp: {P: G1}}\n"
        "CG1: {challenges: [G1, G1 -> G2]}\n",
        "module: {name: B, extends: [{module: A, develops: {G2: [G3]}}]}\nG2: {undeveloped: true}\n"
        "G3: {supportedBy: Sn1}\nSn1: {}\n"};
    static const struct fb_rules_options OPTIONS = {.all = true};
    bool passed = false;
    for (int n = 0; n < 400 && !passed; n++) {
        fb_alloc_fail_at(-1);
        enum fb_code code = load(texts, 2, 0);
        assert_int_equal(code, FB_OK);
        char path[80];
        snprintf(path, sizeof(path), "%s/a.yaml", folder);
        const char *names[] = {path};
        struct fb_load_options options = {.follow = true, .format = FB_CASE_UNKNOWN};
        fb_alloc_fail_at(n);
        code = fb_doc_load(&doc, &options, names, 1, &err);
        code = code != FB_OK ? code : fb_rules_check(&doc, &OPTIONS, &err);
        code = code != FB_OK ? code : fb_rules_own(&doc, &err);
        fb_alloc_fail_at(-1);
        passed = code == FB_OK;
        assert_true(passed || code == FB_E_NOMEM);
        again();
    }
    assert_true(passed);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The files of a row of EXPECTED.csv, "a+b", and the rules that they break, in order. */
static void check_row(struct fb_str files, struct fb_str status, struct fb_str rules)
{
    static const struct fb_rules_options OPTIONS = {.all = false};
    char paths[4][1024], got[200] = "";
    const char *names[4];
    size_t count = 0;
    for (struct fb_str rest = files; rest.len > 0 && count < 4; count++) {
        size_t end = fb_str_find(rest, '+', 0);
        char relative[300];
        snprintf(relative, sizeof(relative), "data/case/gsn2x/%.*s", (int)end, rest.ptr);
        assert_non_null(fb_test_shared(relative, paths[count], sizeof(paths[count])));
        names[count] = paths[count];
        rest = fb_str_sub(rest, end + 1, SIZE_MAX);
    }
    struct fb_load_options options = {.follow = true, .format = FB_CASE_UNKNOWN};
    enum fb_code code = fb_doc_load(&doc, &options, names, count, &err);
    if (code == FB_OK) {
        FB_TEST_OK(fb_rules_check(&doc, &OPTIONS, &err));
    } else {
        assert_true(err.line > 0 && err.column > 0);
    }
    const char *ids[20];
    size_t id_count = 0;
    for (size_t i = 0; i < doc.finding_count && id_count < 20; i++) {
        if (doc.findings[i].rule[0] != 'F') {
            ids[id_count++] = doc.findings[i].rule;
        }
    }
    qsort(ids, id_count, sizeof(ids[0]), by_text);
    for (size_t i = 0; i < id_count; i++) {
        snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "", ids[i]);
    }
    bool bad = code != FB_OK || doc.error_count > 0;
    if (bad != fb_str_is(status, "1") || !fb_str_is(rules, got)) {
        fail_msg("%.*s: %d '%s'", FB_STR_ARG(files), bad, got);
    }
    again();
}

static void test_agrees_with_gsn2x(void **state)
{
    (void)state;
    char path[1024];
    if (!fb_test_shared("data/case/gsn2x/EXPECTED.csv", path, sizeof(path))) {
        skip();
    }
    struct fb_buf table;
    fb_buf_init(&table, 1 << 20);
    FB_TEST_OK(fb_io_read(path, &table, &err));
    struct fb_str rest = fb_buf_str(&table), line;
    int rows = 0;
    (void)fb_str_line(&rest, &line);
    while (fb_str_line(&rest, &line)) {
        size_t first = fb_str_find(line, ',', 0), second = fb_str_find(line, ',', first + 1);
        check_row(fb_str_sub(line, 0, first), fb_str_sub(line, first + 1, second - first - 1),
            fb_str_trim(fb_str_sub(line, second + 1, SIZE_MAX)));
        rows++;
    }
    assert_int_equal(rows, 65);
    fb_buf_release(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_rule, setup, teardown),
        cmocka_unit_test_setup_teardown(test_modules, setup, teardown),
        cmocka_unit_test_setup_teardown(test_uses_stays_inside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_options, setup, teardown),
        cmocka_unit_test_setup_teardown(test_own_rules, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_runs_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_agrees_with_gsn2x, setup, teardown),
    };
    return cmocka_run_group_tests_name("case-rules", tests, NULL, NULL);
}
