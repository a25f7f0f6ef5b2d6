/* Tests of src/report: case_outline.c; and of src/case: tea_lists.c, and files with a byte order
 * mark. */
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "case/formats.h"
#include "case/load.h"
#include "fb_test.h"
#include "report/case_outline.h"

static struct fb_err err;
static struct fb_arena arena;
static struct fb_buf out;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)1 << 28);
    fb_buf_init(&out, (size_t)1 << 24);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_buf_release(&out);
    fb_arena_release(&arena);
    return 0;
}

/* The argument of a text in a format. */
static struct fb_case *argument(struct fb_str text, enum fb_case_format format)
{
    struct fb_case *c = NULL;
    struct fb_yaml *root = NULL;
    struct fb_doc doc;
    struct fb_doc_file file = {.path = "c", .text = text};
    fb_doc_init(&doc, &arena);
    FB_TEST_OK(fb_case_read_tree(&file, format, &arena, &root, &err));
    file.root = root;
    FB_TEST_OK(fb_doc_add(&doc, &file, &err));
    FB_TEST_OK(fb_case_build(&doc, true, &arena, &c, &err));
    fb_doc_release(&doc);
    return c;
}

static void test_outline(void **state)
{
    (void)state;
    struct fb_case *c =
        argument(FB_STR("G1: {text: 'a [b] <c>', supportedBy: [S1, Sn1], inContextOf: [C1]}\n"
                        "C1: {text: \"two\\nlines\", url: 'a (b).pdf'}\nS1: {supportedBy: [Sn1]}\n"
                        "Sn1: {}\nCSn1: {text: no, challenges: G1}\n"),
            FB_CASE_GSN);
    static const char PLAIN[] =
        "- [Claim G1: a \\[b\\] \\<c>](#claim-g1)\n"
        "  - [Context C1: two lines](#context-c1) ([a (b).pdf](a%20%28b%29.pdf))\n"
        "  - [Strategy S1](#strategy-s1)\n"
        "    - [Evidence Sn1](#evidence-sn1)\n"
        "  - [Evidence Sn1](#evidence-sn1) (above)\n"
        "  - [Counterevidence CSn1: no](#counterevidence-csn1)\n";
    FB_TEST_OK(fb_report_case_outline(c, &out, &err));
    assert_string_equal(out.ptr, PLAIN);
    fb_buf_clear(&out);
    FB_TEST_OK(fb_case_label(c, NULL, NULL, &arena, &err));
    FB_TEST_OK(fb_report_case_outline(c, &out, &err));
    assert_non_null(strstr(out.ptr, "(#claim-g1) **falsified**\n"));
    for (long n = 0;; n++) {
        fb_buf_clear(&out);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_report_case_outline(c, &out, &err);
        fb_alloc_fail_at(-1);
        if (code == FB_OK) {
            assert_true(n > 0);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        fb_err_init(&err);
    }
}

/* The lists that another program writes of LTAC files, byte for byte. */
static void test_of_others(void **state)
{
    (void)state;
    static const char *const FILES[] = {
        "mid-brace", "mid-paren", "ref-and-options", "special-chars"};
    for (size_t i = 0; i < sizeof(FILES) / sizeof(FILES[0]); i++) {
        char relative[200], wanted[300], path[1024];
        struct fb_str text, want;
        snprintf(relative, sizeof(relative), "data/case/ltac/verocase-fixtures/%s.ltac", FILES[i]);
        if (!fb_test_shared(relative, path, sizeof(path))) {
            skip();
        }
        FB_TEST_OK(fb_case_read_file(path, &arena, &text, &err));
        fb_buf_clear(&out);
        FB_TEST_OK(fb_report_case_outline(argument(text, FB_CASE_LTAC), &out, &err));
        snprintf(wanted, sizeof(wanted), "%s.expected.md", relative);
        assert_true(fb_test_shared(wanted, path, sizeof(path)));
        FB_TEST_OK(fb_case_read_file(path, &arena, &want, &err));
        assert_true(fb_str_eq(fb_buf_str(&out), want));
    }
}

static void test_tea_lists(void **state)
{
    (void)state;
    struct fb_case *c = argument(
        FB_STR("{\"name\":\"n\",\"goals\":[{\"id\":\"G1\",\"short_description\":\"safe\"}],"
               "\"strategies\":[{\"id\":\"S1\",\"goal_id\":\"G1\",\"name\":\"by parts\"}],"
               "\"property_claims\":[{\"id\":\"PC1\",\"strategy_id\":\"S1\",\"name\":\"p\"},"
               "{\"id\":\"PC1.1\",\"parent_claim_id\":\"PC1\",\"name\":\"q\"}],"
               "\"evidence\":[{\"id\":\"E1\",\"claim_id\":\"PC1.1\",\"name\":\"e\",\"URL\":\"u\"}],"
               "\"context\":[{\"id\":\"X1\",\"name\":\"x\"}]}"),
        FB_CASE_TEA);
    FB_TEST_OK(fb_report_case_outline(c, &out, &err));
    assert_string_equal(out.ptr, "- [Claim G1: safe](#claim-g1)\n"
                                 "  - [Strategy S1: by parts](#strategy-s1)\n"
                                 "    - [Claim PC1: p](#claim-pc1)\n"
                                 "      - [Claim PC1.1: q](#claim-pc1-1)\n"
                                 "        - [Evidence E1: e](#evidence-e1) ([u](u))\n"
                                 "  - [Context X1: x](#context-x1)\n");
    static const struct {
        const char *text;
        enum fb_code code;
    } BAD[] = {{"{\"goals\":[{}]}", FB_E_SCHEMA}, {"{\"goals\":[],\"evidence\":{}}", FB_E_SCHEMA},
        {"{\"goals\":[{\"id\":\"G1\"},{\"id\":\"G1\"}]}", FB_E_DUPLICATE},
        {"{\"goals\":[{\"id\":\"G1\"}],\"evidence\":[{\"id\":\"E1\",\"claim_id\":\"P\"}]}",
            FB_E_REFERENCE}};
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        struct fb_yaml *root = NULL;
        struct fb_doc_file file = {.path = "c", .text = fb_str_of(BAD[i].text)};
        FB_TEST_FAILS(fb_case_read_tree(&file, FB_CASE_TEA, &arena, &root, &err), BAD[i].code);
        assert_true(err.line == 1 && err.column > 1);
        fb_err_init(&err);
    }
}

/* A mark before the text is dropped, and places are counted behind it. */
static void test_mark(void **state)
{
    (void)state;
    char path[] = "/tmp/fb-mark-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    FB_TEST_OK(fb_io_write(path, FB_STR("\xef\xbb\xbf- Claim C1: a\r\n"), 0600, &err));
    struct fb_str text;
    FB_TEST_OK(fb_case_read_file(path, &arena, &text, &err));
    assert_true(fb_str_eq(text, FB_STR("- Claim C1: a\r\n")));
    fb_io_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_outline, setup, teardown),
        cmocka_unit_test_setup_teardown(test_of_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tea_lists, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mark, setup, teardown),
    };
    return cmocka_run_group_tests_name("case-outline", tests, NULL, NULL);
}
