/* Tests of src/ingest/judgements.c and clusters.c. */
#include "base/alloc.h"
#include "base/buf.h"
#include "fb_refused.h"
#include "ingest/clusters.h"
#include "ingest/judgements.h"

static struct fb_err err;
static struct fb_arena arena;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_arena_init(&arena, 1 << 28);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    return 0;
}

static void test_counts(void **state)
{
    (void)state;
    static const char table[] =
        "id,Judged,TRUTH\n1,C,pass\n2,yes,0\n3,0,I\n4,False,no\n5,1,\n6,i,1\n";
    struct fb_judgements j;
    struct fb_judge_record r;
    FB_TEST_OK(fb_judgements_read_memory(fb_str_of(table), "t", &arena, &j, &err));
    assert_int_equal(j.labelled, 5);
    assert_int_equal(j.unlabelled_count, 1);
    assert_true(j.is_binary);
    FB_TEST_OK(fb_judgements_count(&j, &r, &err));
    assert_true(r.positives == 2 && r.right_positives == 1);
    assert_true(r.negatives == 3 && r.right_negatives == 2);
    FB_TEST_OK(
        fb_judgements_read_memory(FB_STR("truth,grader\n0.5,0.25\n"), "t", &arena, &j, &err));
    assert_true(j.labelled == 1 && !j.is_binary && j.judged[0] == 0.25);
    FB_TEST_FAILS(fb_judgements_count(&j, &r, &err), FB_E_RANGE);
    FB_TEST_OK(fb_judgements_read_memory(FB_STR("truth,judged\n1,1\n"), "t", &arena, &j, &err));
    FB_TEST_FAILS(fb_judgements_count(&j, &r, &err), FB_E_RANGE);
}

static void test_bad_tables(void **state)
{
    (void)state;
    static const struct fb_test_refused table[] = {
        {"judged\n1\n", FB_E_SCHEMA, 1},
        {"truth,judged\n1,maybe\n", FB_E_SYNTAX, 2},
        {"truth,judged\n1,1\n2,1\n", FB_E_RANGE, 3},
        {"truth,judged\nnan,1\n", FB_E_SYNTAX, 2},
        {"truth,judged\ninf,1\n", FB_E_SYNTAX, 2},
        {"truth,judged\n1,-1\n", FB_E_RANGE, 2},
        {"truth,judged\n1\n", FB_E_SYNTAX, 2},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct fb_judgements j;
        FB_TEST_REFUSES(
            fb_judgements_read_memory(fb_str_of(table[i].text), "t", &arena, &j, &err), &table[i]);
    }
}

static void test_too_many(void **state)
{
    (void)state;
    struct fb_judgements j;
    struct fb_buf text;
    fb_buf_init(&text, 1 << 24);
    fb_buf_add_c(&text, "truth,judged\n");
    for (int i = 0; i < FB_JUDGEMENTS_MAX; i++) {
        fb_buf_add_c(&text, "1,0\n");
    }
    FB_TEST_OK(fb_judgements_read_memory(fb_buf_str(&text), "t", &arena, &j, &err));
    fb_buf_add_c(&text, "1,0\n");
    FB_TEST_FAILS(fb_judgements_read_memory(fb_buf_str(&text), "t", &arena, &j, &err), FB_E_LIMIT);
    fb_buf_release(&text);
}

/* The member `clusters` of an evaluation. */
static void check_written(const struct fb_clusters *clusters, uint32_t group, const char *want)
{
    struct fb_buf text;
    struct fb_json_writer w;
    fb_buf_init(&text, 1 << 20);
    fb_json_writer_init(&w, &text, 0);
    fb_json_open_object(&w);
    fb_clusters_write(&w, clusters, group, FB_STR("f"));
    fb_json_close_object(&w);
    assert_string_equal(text.ptr, want);
    fb_buf_release(&text);
}

static void test_clusters(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "a", "c", "a"};
    struct fb_clusters clusters;
    fb_clusters_init(&clusters);
    for (uint32_t i = 0; i < 5; i++) {
        struct fb_cluster one = {i == 4 ? 7 : 2, 2, i == 1, 1};
        FB_TEST_OK(fb_clusters_add(&clusters, fb_str_of(names[i]), &one, &err));
    }
    fb_clusters_sort(&clusters);
    check_written(
        &clusters, 2, "{\"clusters\":{\"by\":\"f\",\"rows\":[[1,2,0,1],[1,2,1,1],[1,4,0,2]]}}");
    check_written(&clusters, 7, "{\"clusters\":{\"by\":\"f\",\"rows\":[[1,2,0,1]]}}");
    check_written(&clusters, 3, "{}");
    fb_clusters_release(&clusters);
}

static void test_many_clusters(void **state)
{
    (void)state;
    struct fb_clusters clusters;
    fb_clusters_init(&clusters);
    for (unsigned i = 0; i <= FB_CLUSTERS_ROWS_MAX; i++) {
        char name[20];
        snprintf(name, sizeof(name), "%u", i);
        struct fb_cluster one = {0, i + 1, 0, 0};
        FB_TEST_OK(fb_clusters_add(&clusters, fb_str_of(name), &one, &err));
    }
    fb_clusters_sort(&clusters);
    check_written(&clusters, 0, "{\"clusters\":{\"by\":\"f\",\"count\":1001,\"largest\":1001}}");
    fb_clusters_release(&clusters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_tables, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clusters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_clusters, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
