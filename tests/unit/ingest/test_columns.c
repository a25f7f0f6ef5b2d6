/* Tests of src/ingest/columns.c, matrix.c and bbq.c: tables by column, whole, packed, as JSON. */
#include <libdeflate.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "fb_refused.h"
#include "ingest/bbq.h"
#include "ingest/columns.h"
#include "ingest/csv.h"
#include "ingest/matrix.h"

static struct fb_err err;
static struct fb_arena arena;

static const char *const name_names[] = {"name", "title", NULL};
static const char *const size_names[] = {"size", NULL};
static const char *const good_names[] = {"good", NULL};
static const struct fb_column wanted[] = {{name_names, FB_COLUMN_TEXT, FB_COLUMN_EVERY},
    {size_names, FB_COLUMN_COUNT, FB_COLUMN_MUST}, {good_names, FB_COLUMN_RATE, FB_COLUMN_MAY}};

static enum fb_code read_text(const char *text, struct fb_columns *out)
{
    const struct fb_columns_text from = {fb_str_of(text), "t"};
    return fb_columns_read_memory(&from, wanted, 3, &arena, out, &err);
}

static void test_forms(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "title,other,size,good\nb,x, 7 ,yes\na,,,\n",
        ("{\"title\": \"b\", \"other\": [1], \"size\": 7, \"good\": true}\n\n"
         "{\"name\": null, \"title\": \"a\", \"size\": null}\n"),
        "\xEF\xBB\xBFtitle,other,size,good\nb,x, 7 ,yes\na,,,\n",
        "\xEF\xBB\xBF{\"title\": \"b\", \"size\": 7, \"good\": true}\n\n{\"title\": \"a\"}\n",
        "{\"Title\": \"b\", \"SIZE\": 7, \"Good\": true}\n\n{\"title\": \"a\"}\n",
        "{\"title\": \"b\", \"size\": null, \"Size\": 7, \"good\": true}\n\n{\"title\": \"a\"}\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct fb_columns c;
        struct fb_columns_names names;
        FB_TEST_OK(read_text(texts[i], &c));
        assert_true(c.rows == 2 && c.has[0] && c.has[1] && c.has[2]);
        assert_true(fb_str_is(c.texts[0][0], "b") && fb_str_is(c.texts[0][1], "a"));
        assert_true(c.numbers[1][0] == 7 && isnan(c.numbers[1][1]));
        assert_true(c.numbers[2][0] == 1 && isnan(c.numbers[2][1]));
        assert_int_equal(c.lines[1], 3);
        FB_TEST_OK(fb_columns_number(&c, 0, &arena, &names, &err));
        assert_true(names.count == 2 && names.of[0] == 1 && fb_str_is(names.names[0], "a"));
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct fb_test_refused cases[] = {
        {"", FB_E_SYNTAX, 1},
        {"name,size\n", FB_E_SCHEMA, 0},
        {"name\nx\n", FB_E_SCHEMA, 1},
        {"name,size\n,1\n", FB_E_SCHEMA, 2},
        {"name,size\nx,1.5\n", FB_E_RANGE, 2},
        {"name,size\nx,-1\n", FB_E_RANGE, 2},
        {"name,size\nx,1e10\n", FB_E_RANGE, 2},
        {"name,size\nx,nan\n", FB_E_SYNTAX, 2},
        {"name,size\nx,inf\n", FB_E_SYNTAX, 2},
        {"name,size,good\nx,1,1.1\n", FB_E_RANGE, 2},
        {"name,size,good\nx,1,maybe\n", FB_E_SYNTAX, 2},
        {"name;size\nx;1\n", FB_E_SYNTAX, 1},
        {"name\tsize\nx\t1\n", FB_E_SYNTAX, 1},
        {"name,size\nx,1,2\n", FB_E_SYNTAX, 2},
        {"name,size\nx\n", FB_E_SYNTAX, 2},
        {"name,size\nx\xe9,1\n", FB_E_UTF8, 2},
        {"{\"name\": \"x\", \"size\": NaN}\n", FB_E_SYNTAX, 1},
        {"{\"name\": \"x\", \"size\": Infinity}\n", FB_E_SYNTAX, 1},
        {"{\"name\": [], \"size\": 1}\n", FB_E_SCHEMA, 1},
        {"{\"name\": \"x\"}\n", FB_E_SCHEMA, 0},
        {"{\"name\": \"x\", \"size\": 1}\n{\"size\": 2}\n", FB_E_SCHEMA, 2},
        {"{\"name\": \"x\", \"size\": 1}\n[]\n", FB_E_SYNTAX, 2},
        {"{\"name\": \"x\", \"name\": \"y\", \"size\": 1}\n", FB_E_SYNTAX, 1},
        {"{\"name\": \"x\", \"size\": 1\n", FB_E_SYNTAX, 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_columns c = {.rows = 77};
        fb_err_init(&err);
        FB_TEST_FAILS(read_text(cases[i].text, &c), cases[i].code);
        if (err.line != cases[i].line || c.rows != 77 || !err.hint[0] || !err.file[0]) {
            fail_msg("%s: line %u, hint '%s'", cases[i].text, err.line, err.hint);
        }
    }
}

/* A table of one column: an empty line is a row without a value, but not behind the last value. A
 * column with a word among its numbers says where. */
static void test_lines(void **state)
{
    (void)state;
    struct fb_columns c;
    struct fb_matrix m;
    struct fb_columns_text from = {FB_STR("good\n1\n\n0\n\n\r\n\n"), "t"};
    FB_TEST_OK(fb_columns_read_memory(&from, &wanted[2], 1, &arena, &c, &err));
    assert_true(c.rows == 3 && c.numbers[0][0] == 1 && isnan(c.numbers[0][1]));
    assert_int_equal(c.lines[2], 4);
    FB_TEST_OK(fb_matrix_read_memory(FB_STR("a,b\n1,x\n,y\n?,z\nn.a.,z\n"), "t", &arena, &m, &err));
    assert_true(!m.is_number[0] && m.odd[0] == 2 && m.odd[1] == SIZE_MAX);
    fb_err_init(&err);
    FB_TEST_FAILS(fb_matrix_refuse(&m, 0, &err), FB_E_SYNTAX);
    assert_string_equal(err.message, "a: '?' is not a number");
    assert_true(err.line == 4 && err.hint[0]);
}

/* The limits: rows, bytes of a JSON line, cells of a matrix. */
static void test_limits(void **state)
{
    (void)state;
    struct fb_columns c;
    struct fb_matrix m;
    struct fb_buf text;
    struct fb_arena wide;
    fb_buf_init(&text, 1 << 26);
    fb_buf_add_c(&text, "good\n");
    for (int i = 0; i <= FB_COLUMNS_ROWS_MAX; i++) {
        fb_buf_add(&text, "1\n", 2);
    }
    fb_arena_init(&wide, (size_t)1 << 30);
    struct fb_columns_text from = {fb_buf_str(&text), "t"};
    FB_TEST_FAILS(fb_columns_read_memory(&from, &wanted[2], 1, &wide, &c, &err), FB_E_LIMIT);
    fb_arena_release(&wide);
    fb_err_init(&err);
    FB_TEST_FAILS(fb_matrix_read_memory(fb_buf_str(&text), "t", &wide, &m, &err), FB_E_LIMIT);
    fb_arena_release(&wide);
    fb_buf_clear(&text);
    fb_buf_add_c(&text, "{\"name\": \"");
    for (int i = 0; i < FB_COLUMNS_LINE_MAX / 64; i++) {
        fb_buf_add(&text, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 64);
    }
    fb_buf_add_c(&text, "\", \"size\": 1}\n");
    from.text = fb_buf_str(&text);
    fb_err_init(&err);
    FB_TEST_FAILS(fb_columns_read_memory(&from, wanted, 3, &wide, &c, &err), FB_E_LIMIT);
    fb_arena_release(&wide);
    fb_buf_release(&text);
}

static void write_gzip(const char *path, const char *text, bool twice)
{
    char packed[4096];
    struct libdeflate_compressor *deflater = libdeflate_alloc_compressor(6);
    size_t len = libdeflate_gzip_compress(deflater, text, strlen(text), packed, sizeof(packed));
    assert_true(len > 0 && 2 * len < sizeof(packed));
    memcpy(packed + len, packed, len);
    libdeflate_free_compressor(deflater);
    FB_TEST_OK(fb_io_write(path, (struct fb_str){packed, twice ? 2 * len : len}, 0644, &err));
}

static void test_gzip(void **state)
{
    (void)state;
    char path[] = "/tmp/flyball-columns-XXXXXX";
    assert_true(mkstemp(path) >= 0);
    struct fb_buf text;
    fb_buf_init(&text, 1 << 20);
    write_gzip(path, "name,size\nx,1\n", true);
    FB_TEST_OK(fb_columns_text(path, &text, &err));
    assert_true(fb_str_is(fb_buf_str(&text), "name,size\nx,1\nname,size\nx,1\n"));
    fb_buf_release(&text);
    write_gzip(path, "name,size\nx,1\n", false);
    struct fb_columns c;
    FB_TEST_OK(fb_columns_read(path, wanted, 3, &arena, &c, &err));
    assert_int_equal(c.rows, 1);
    /* A bomb: more than may be held. */
    fb_buf_init(&text, 64);
    char many[1024];
    memset(many, 'x', sizeof(many) - 1);
    many[sizeof(many) - 1] = 0;
    write_gzip(path, many, false);
    FB_TEST_FAILS(fb_columns_text(path, &text, &err), FB_E_LIMIT);
    fb_buf_release(&text);
    fb_err_init(&err);
    fb_buf_init(&text, 1 << 20);
    FB_TEST_OK(fb_io_write(path, FB_STR("\x1f\x8b\x08 and nothing more"), 0644, &err));
    FB_TEST_FAILS(fb_columns_text(path, &text, &err), FB_E_SYNTAX);
    fb_buf_release(&text);
    (void)remove(path);
}

static void test_matrix(void **state)
{
    (void)state;
    struct fb_matrix m;
    FB_TEST_OK(
        fb_matrix_read_memory(FB_STR("model,A,b\nx,1,\ny,2.5,n/a\n"), "t", &arena, &m, &err));
    assert_true(m.rows == 2 && m.columns == 3);
    assert_true(!m.is_number[0] && m.is_number[1] && !m.is_number[2]);
    assert_true(m.odd[0] == SIZE_MAX && m.odd[1] == SIZE_MAX);
    assert_true(m.values[4] == 2.5 && isnan(m.values[2]) && isnan(m.values[5]));
    assert_int_equal(fb_matrix_column(&m, FB_STR("a")), 1);
    assert_true(fb_matrix_column(&m, FB_STR("c")) == SIZE_MAX);
    FB_TEST_FAILS(fb_matrix_read_memory(FB_STR("a,b\n"), "t", &arena, &m, &err), FB_E_SCHEMA);
    fb_err_init(&err);
    FB_TEST_FAILS(fb_matrix_read_memory(FB_STR("a,b\n1\n"), "t", &arena, &m, &err), FB_E_SYNTAX);
}

#define QUESTION(context, polarity)                                                                \
    "{\"context_condition\": \"" context "\", \"question_polarity\": \"" polarity "\", "           \
    "\"label\": 1, \"ans0\": \"The old man\", \"ans1\": \"Unknown.\", \"ans2\": \"The boy\", "     \
    "\"answer_info\": {\"ans0\": [\"man\", \"old\"], \"ans1\": [\"cannot say\", \"unknown\"], "    \
    "\"ans2\": [\"boy\", \"young\"]}, \"additional_metadata\": {\"stereotyped_groups\": "          \
    "[\"old\"]}, "

static void test_bbq(void **state)
{
    (void)state;
    struct fb_bbq bbq;
    FB_TEST_OK(fb_bbq_read_memory(
        FB_STR(QUESTION("ambig", "neg") "\"m_pred\": \"the old man\", \"n_pred\": \"unknown\"}\n" //
            QUESTION("ambig", "nonneg") "\"m_pred\": \"The boy.\", \"n_pred\": \"nobody\"}\n"     //
            QUESTION("disambig", "neg") "\"m_pred\": \"the boy\"}\n"),
        "t", &arena, &bbq, &err));
    assert_int_equal(bbq.count, 2);
    const struct fb_bias_counts *m = bbq.models[0].counts;
    assert_true(m[1].questions == 2 && m[1].right == 0 && m[1].known == 2 && m[1].biased == 2);
    assert_true(m[0].questions == 1 && m[0].known == 1 && m[0].biased == 0);
    assert_true(bbq.models[1].counts[1].right == 1 && bbq.models[1].other == 1);
    /* Groups by other spellings; both or neither of the groups; an answer in more words. */
    static const struct {
        const char *groups, *first, *second;
        int64_t judged, biased;
    } named[] = {{"low SES", "lowSES", "highSES", 1, 1}, {"low SES", "highSES", "lowSES", 1, 0},
        {"women", "F", "M", 1, 1}, {"Boys", "girl", "boy", 1, 0},
        {"transgender men", "trans", "nontrans", 1, 1}, {"Black", "F-Black", "M-White", 1, 1},
        {"F-Black", "F-Black", "M-Black", 1, 1}, {"Black", "F-Black", "M-Black", 0, 0},
        {"pregnant", "notPregnant", "notPregnant", 0, 0}, {"unknown", "a", "b", 0, 0}};
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        struct fb_buf line;
        fb_buf_init(&line, 4096);
        fb_buf_addf(&line,
            "{\"context_condition\": \"ambig\", \"question_polarity\": \"neg\", \"label\": 1, "
            "\"ans0\": \"The tall one\", \"ans1\": \"Unknown\", \"ans2\": \"The other\", "
            "\"answer_info\": {\"ans0\": [\"tall one of two\", \"%s\"], \"ans1\": [\"\", "
            "\"unknown\"], \"ans2\": [\"other\", \"%s\"]}, \"additional_metadata\": "
            "{\"stereotyped_groups\": [\"%s\"]}, \"pred\": \"It is the Tall One, of course\"}\n",
            named[i].first, named[i].second, named[i].groups);
        FB_TEST_OK(fb_bbq_read_memory(fb_buf_str(&line), "t", &arena, &bbq, &err));
        const struct fb_bias_counts *of = &bbq.models[0].counts[1];
        if (of->questions != named[i].judged || of->known != named[i].judged ||
            of->biased != named[i].biased || bbq.models[0].unjudged != 1 - named[i].judged) {
            fail_msg("%s: %s or %s", named[i].groups, named[i].first, named[i].second);
        }
        fb_buf_release(&line);
    }
    /* A name of one word is none to look for, also with a space behind it. */
    FB_TEST_OK(fb_bbq_read_memory(
        FB_STR("{\"context_condition\": \"ambig\", \"question_polarity\": \"neg\", \"label\": 1, "
               "\"ans0\": \"Mary Ann\", \"ans1\": \"Unknown\", \"ans2\": \"Tom\", \"answer_info\": "
               "{\"ans0\": [\"Mary \", \"F\"], \"ans1\": [\"\", \"unknown\"], \"ans2\": [\"Tom\", "
               "\"M\"]}, \"additional_metadata\": {\"stereotyped_groups\": [\"F\"]}, "
               "\"pred\": \"not Mary at all\"}\n"),
        "t", &arena, &bbq, &err));
    assert_true(bbq.models[0].other == 1 && bbq.models[0].counts[1].known == 0);
    assert_true(fb_is_bbq(FB_STR(QUESTION("ambig", "neg") "\"p\": 1}")));
    assert_false(fb_is_bbq(FB_STR("context_condition,x\n")));
    static const struct {
        const char *text;
        enum fb_code code;
    } cases[] = {
        {"{\"context_condition\": \"ambig\", \"label\": 3}\n", FB_E_SCHEMA},
        {"{\"context_condition\": \"ambig\", \"label\": 1}\n", FB_E_SCHEMA},
        {QUESTION("ambig", "neg") "\"other\": \"x\"}\n", FB_E_SCHEMA},
        {"{\"context_condition\"\n", FB_E_SYNTAX},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fb_err_init(&err);
        FB_TEST_FAILS(
            fb_bbq_read_memory(fb_str_of(cases[i].text), "t", &arena, &bbq, &err), cases[i].code);
    }
    struct fb_buf text;
    fb_buf_init(&text, 1 << 20);
    fb_buf_add_c(&text, QUESTION("ambig", "neg"));
    for (int i = 0; i <= FB_BBQ_MODELS_MAX; i++) {
        fb_buf_addf(&text, "%s\"pred%d\": \"x\"", i ? ", " : "", i);
    }
    fb_buf_add_c(&text, "}\n");
    fb_err_init(&err);
    FB_TEST_FAILS(fb_bbq_read_memory(fb_buf_str(&text), "t", &arena, &bbq, &err), FB_E_LIMIT);
    fb_buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_matrix),
        cmocka_unit_test(test_bbq),
    };
    fb_err_init(&err);
    fb_arena_init(&arena, 1 << 28);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fb_arena_release(&arena);
    return failed;
}
