/*
 * Tests of src/engine/slice_kept.c: walks are kept up to a limit, and where memory runs out while
 * one is kept the next question has the same answer. test_slice.c has random ones.
 */
#include "base/limit.h"
#include "engine/duty.h"
#include "engine/slice.h"
#include "engine/slice_kept.h"
#include "ir_build.h"

enum { VARS = 2, OWNS = 0, DONE = 1, PARTIES = 4, SYSTEMS = 2 * FB_KEPT_LOOKED_MIN };

static const struct fb_str columns[] = {{"id", 2}, {"of", 2}};
static struct fb_relation relations[] = {
    {{"owns", 4}, 2, columns, NULL}, {{"done", 4}, 2, columns, NULL}};
static const struct fb_signature signature = {relations, 2};
static const struct fb_str names[VARS] = {{"P", 1}, {"S", 1}};
static const char *const parties[PARTIES] = {"a", "b", "c", "d"};

static struct fb_program program;
static struct fb_duty duty;
static struct fb_access *access;
static struct fb_arena keeping;
static size_t added;

/* A party that has a system owes something until it has done it. */
static int setup(void **unused)
{
    (void)unused;
    fb_arena_init(&arena, (size_t)1 << 28);
    fb_arena_init(&keeping, (size_t)1 << 28);
    fb_err_init(&err);
    added = 0;
    program = (struct fb_program){.name = FB_STR("p"),
        .signature = &signature,
        .effective = FB_TIME_MIN,
        .expires = FB_TIME_MAX};
    duty = (struct fb_duty){.name = FB_STR("d"),
        .modality = FB_MUST,
        .vars = names,
        .var_count = VARS,
        .param_count = 1,
        .system_var = -1,
        .party = var(0),
        .anchor_var = -1,
        .when = pred(OWNS, var(0), var(1), NULL),
        .act = pred(DONE, var(0), term(FB_TERM_ANY), NULL)};
    for (size_t i = 0; i < fb_duty_form_count(&duty); i++) {
        fb_form_seal(fb_duty_form(&duty, i));
    }
    FB_TEST_OK(fb_access_grow(&signature, &arena, &access, &err));
    fb_access_until(access, 10 * FB_DAY);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    fb_arena_release(&arena);
    fb_arena_release(&keeping);
    return 0;
}

static void add(const char *party)
{
    struct fb_value *values = FB_ARENA_ARRAY(&arena, struct fb_value, 2);
    assert_non_null(values);
    values[0] = fb_value_str(fb_str_of(party));
    values[1] = fb_value_int((int64_t)added);
    const struct fb_tuple tuple = {.relation = OWNS,
        .from = fb_tp_of_time(FB_DAY),
        .until = FB_TP_MAX,
        .values = values,
        .seq = added++};
    FB_TEST_OK(fb_access_add(access, &tuple, &err));
}

/* What a party owes, or everybody, by what is kept. */
static enum fb_code ask(struct fb_kept *kept, const char *party, struct fb_obligations *out)
{
    const struct fb_value only = fb_value_str(fb_str_of(party ? party : ""));
    const struct fb_duty_query query = {.program = &program,
        .duty = &duty,
        .access = access,
        .now = 10 * FB_DAY,
        .only = party ? &only : NULL,
        .only_count = party ? 1 : 0,
        .kept = kept};
    *out = (struct fb_obligations){NULL, 0};
    return fb_duty_run(&query, &arena, out, &err);
}

/* Wherever memory runs out while walks are kept: it is told, and then all is owed that is. */
static void test_no_memory(void **unused)
{
    (void)unused;
    size_t failed = 0;
    for (size_t n = 0; n < PARTIES * SYSTEMS; n++) {
        add(parties[n % PARTIES]);
    }
    for (size_t room = 0, good = 0; good < 2; room += 512) {
        struct fb_kept *kept = NULL;
        struct fb_obligations found;
        fb_arena_release(&keeping);
        FB_TEST_OK(fb_kept_new(&keeping, &kept, &err));
        fb_kept_stay(kept, added);
        keeping.max = keeping.used + room;
        bool whole = ask(kept, "a", &found) == FB_OK;
        whole = whole && ask(kept, NULL, &found) == FB_OK;
        failed += whole ? 0 : 1;
        good += whole ? 1 : 0;
        keeping.max = (size_t)1 << 28;
        for (int twice = 0; twice < 2; twice++) {
            FB_TEST_OK(ask(kept, "a", &found));
            assert_int_equal(found.count, 1);
            FB_TEST_OK(ask(kept, NULL, &found));
            assert_int_equal(found.count, PARTIES);
        }
    }
    assert_true(failed > PARTIES);
}

/* Beyond the limit a walk is made each time: nothing is kept of it, and the answer is the same. */
static void test_limit(void **unused)
{
    (void)unused;
    struct fb_kept *kept = NULL;
    struct fb_obligations found;
    size_t used[PARTIES + 1];
    for (size_t n = 0; n < PARTIES * SYSTEMS; n++) {
        add(parties[n % PARTIES]);
    }
    FB_TEST_OK(fb_kept_new(&keeping, &kept, &err));
    fb_kept_stay(kept, added);
    fb_limit_lower(FB_KEPT_WALKS_MAX, 2);
    used[0] = keeping.used;
    for (size_t n = 0; n < PARTIES; n++) {
        for (int twice = 0; twice < 2; twice++) {
            FB_TEST_OK(ask(kept, parties[n], &found));
            assert_int_equal(found.count, 1);
        }
        used[n + 1] = keeping.used;
    }
    fb_limit_lower(FB_KEPT_WALKS_MAX, FB_KEPT_WALKS_MAX);
    assert_true(used[1] > used[0] && used[2] > used[1]);
    assert_true(used[3] == used[2] && used[4] == used[2]);
    FB_TEST_OK(ask(kept, parties[PARTIES - 1], &found));
    assert_true(found.count == 1 && keeping.used > used[PARTIES]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
    };
    return cmocka_run_group_tests_name("slice_kept", tests, NULL, NULL);
}
