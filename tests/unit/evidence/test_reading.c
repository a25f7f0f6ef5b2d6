/* Tests of evidence/reading: a log by itself, its counts and bounds. */
#include <math.h>

#include "evidence/reading.h"
#include "fb_test.h"

/* cmocka compares floats; these are doubles. */
#define assert_near(a, b, epsilon) assert_true(fabs((a) - (b)) <= (epsilon))

static struct fb_err err;

static const char *example(const char *name, char out[1024])
{
    snprintf(out, 1024, "%s/examples/aurora/evals/%s", getenv("FB_SOURCE_ROOT"), name);
    return out;
}

static void test_counts_become_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        int64_t samples, any, unresolved;
        double lower, upper; /* by bisection on the binomial sum */
    } table[] = {
        {"cybench-aurora-2.eval", 300, 10, 0, 0.018194, 0.055885},
        {"cybench-aurora-2-killed.eval", 24, 2, 12, 0.015012, 0.753611},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char path[1024];
        struct fb_arena arena;
        struct fb_log_reading reading;
        fb_arena_init(&arena, (size_t)64 << 20);
        FB_TEST_OK(fb_log_read(example(table[i].file, path), NULL, 0.95, &arena, &reading, &err));
        assert_int_equal(reading.count, 1);
        const struct fb_log_evaluation *e = &reading.items[0];
        assert_int_equal(e->samples, table[i].samples);
        assert_int_equal(e->succeeded_any, table[i].any);
        assert_int_equal(e->unresolved, table[i].unresolved);
        assert_near(fb_decimal_to_double(e->lower), table[i].lower, 1e-6);
        assert_near(fb_decimal_to_double(e->upper), table[i].upper, 1e-6);
        assert_int_equal(e->metrics, e->metrics_known);
        fb_arena_release(&arena);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    char path[1024];
    struct fb_arena arena;
    struct fb_log_reading reading = {.format = "untouched"};
    fb_arena_init(&arena, (size_t)64 << 20);
    FB_TEST_FAILS(fb_log_read(example("../sacct.json", path), NULL, 0.95, &arena, &reading, &err),
        FB_E_FORMAT);
    assert_string_equal(err.file, path);
    FB_TEST_FAILS(fb_log_read(example("none.eval", path), NULL, 0.95, &arena, &reading, &err),
        FB_E_NOT_FOUND);
    assert_string_equal(reading.format, "untouched");
    fb_arena_release(&arena);
}

/* Counts of a statement that admission would refuse. */
static void test_statement_with_impossible_counts(void **state)
{
    (void)state;
    char path[] = "/tmp/flyball-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    fputs("{\"kind\":\"evaluation\",\"id\":\"evaluation/x\",\"body\":{\"samples\":3,"
          "\"succeeded_any\":2,\"succeeded_all\":2,\"unresolved\":2}}",
        file);
    fclose(file);
    struct fb_arena arena;
    struct fb_log_reading reading;
    fb_arena_init(&arena, (size_t)64 << 20);
    FB_TEST_FAILS(fb_log_read(path, NULL, 0.95, &arena, &reading, &err), FB_E_SCHEMA);
    remove(path);
    fb_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_become_bounds),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_statement_with_impossible_counts),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
