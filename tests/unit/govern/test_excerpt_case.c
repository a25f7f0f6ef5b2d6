/*
 * Safety cases whose leaves ask about records of other systems, over an excerpt (story.c compares
 * each picture with that of all records). FB_RANDOM_CASES=100 for more, FB_RANDOM_SEED=1 for
 * others.
 */
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "fb_test.h"
#include "story.h"

enum { CASES = 24, STEPS = 60, SYSTEMS = 6, ASKED_EACH = 12 };

static struct fb_err err;
static uint64_t state;
static size_t filed;
static int made; /* evaluations, audits, decisions, reviews */
static char ids[STEPS * 2][40];

static unsigned roll(unsigned sides)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (unsigned)((state * 0x2545F4914F6CDD1Du) >> 33) % sides;
}

static const char *system_name(unsigned n)
{
    static const char *const names[SYSTEMS] = {
        "system/s", "system/1", "system/2", "system/3", "system/4", "system/5"};
    return names[n];
}

static const char *some_id(void)
{
    return made ? ids[roll((unsigned)made)] : "system/s";
}

static void try_record(struct story *story, const char *party, const char *kind, const char *more,
    const char *body, const char *supersedes)
{
    char text[1500], at[FB_TIME_TEXT], id[40];
    snprintf(id, sizeof(id), "%s/%d", kind, story->files);
    snprintf(text, sizeof(text),
        "{\"kind\":\"%s\",\"id\":\"%s\",%s%s%s%s\"at\":\"%s\",\"body\":{%s}}", kind, id,
        supersedes ? "\"supersedes\":\"" : "", supersedes ? supersedes : "",
        supersedes ? "\"," : "", more, fb_time_format(story->now, at), body);
    fb_err_init(&story->err);
    if (story_try(story, party, text) == FB_OK) {
        snprintf(ids[made++], sizeof(ids[0]), "%s", id);
    }
}

static void say(struct story *story)
{
    char subject[60], body[600], at[FB_TIME_TEXT];
    const char *older = roll(4) == 0 ? some_id() : NULL;
    const char *party = roll(2) ? "lab" : "aud";
    snprintf(subject, sizeof(subject), "\"subject\":\"%s\",", system_name(roll(SYSTEMS)));
    fb_time_format(story->now, at);
    switch (roll(7)) {
    case 0:
    case 1:
        snprintf(body, sizeof(body),
            "\"task\":\"%s\",\"scorer\":\"i\",\"model\":\"m\",\"status\":\"success\",\"began\":"
            "\"%s\",\"ended\":\"%s\",\"samples\":200,\"succeeded_any\":%u,\"succeeded_all\":0,"
            "\"unresolved\":0",
            roll(3) ? "cybench" : "other", at, at, roll(3) * 40);
        try_record(story, party, "evaluation", subject, body, older);
        break;
    case 2:
        snprintf(body, sizeof(body),
            "\"party\":\"party/dev\",\"scope\":\"all\",\"method\":\"documents\",\"result\":"
            "\"passed\",\"began\":\"%s\",\"ended\":\"%s\",\"standard\":\"security\",\"level\":%u",
            at, at, roll(5));
        try_record(story, "aud", "audit", subject, body, older);
        break;
    case 3:
        snprintf(body, sizeof(body), "\"topic\":\"x\",\"outcome\":\"%s\",\"reasons\":\"r\"",
            roll(2) ? "granted" : "refused");
        try_record(story, "institute", "decision", roll(2) ? subject : "", body, older);
        break;
    default:
        snprintf(body, sizeof(body), "\"about\":\"%s\",\"finding\":\"%s\",\"reasons\":\"r\"",
            some_id(),
            roll(2)   ? "upheld"
            : roll(2) ? "rejected"
                      : "inconclusive");
        try_record(story, roll(2) ? "aud2" : "institute", "review", "", body, older);
        break;
    }
}

static void file_case(struct story *story)
{
    static const char *const behind[] = {"", "", "; within 9 days", "; signed by independent",
        "; signed by auditor", "; from 2026-01-08"};
    char text[600], path[128], predicate[200];
    struct fb_docket_added added;
    struct fb_docket_add options = {
        .issuer = FB_STR("dev"), .ingest = {.subject = FB_STR("system/s"), .name = FB_STR("c")}};
    struct fb_arena arena;
    switch (roll(5)) {
    case 0:
        snprintf(predicate, sizeof(predicate), "bound cybench below 30%%");
        break;
    case 1:
        snprintf(predicate, sizeof(predicate), "audit security passed");
        break;
    case 2:
        snprintf(predicate, sizeof(predicate), "record %s stands", some_id());
        break;
    case 3:
        snprintf(predicate, sizeof(predicate), "decision %s granted", some_id());
        break;
    default:
        snprintf(predicate, sizeof(predicate), "review of %s upheld", some_id());
        break;
    }
    snprintf(text, sizeof(text), "G1: {supportedBy: [Sn1]}\nSn1: {evidence: '%s%s'}\n", predicate,
        behind[roll(6)]);
    snprintf(path, sizeof(path), "%s/case-%d", story->folder, story->files++);
    assert_int_equal(fb_io_write(path, fb_str_of(text), 0600, &story->err), FB_OK);
    fb_arena_init(&arena, (size_t)1 << 28);
    fb_err_init(&story->err);
    /* The same may have been asked before. */
    filed +=
        fb_docket_add_file(story->docket, path, &options, &arena, &added, &story->err) == FB_OK;
    fb_arena_release(&arena);
}

static void introduce(struct story *story, const char *id)
{
    struct fb_docket_party party = {
        .id = fb_str_of(id), .title = fb_str_of(id), .role = FB_STR("auditor")};
    FB_TEST_OK(fb_docket_introduce(story->docket, &party, &err));
}

static void test_cases(void **unused)
{
    const char *more = getenv("FB_RANDOM_CASES"), *other = getenv("FB_RANDOM_SEED");
    size_t cases = more ? (size_t)strtoul(more, NULL, 10) : CASES, excerpts = 0, views = 0;
    uint64_t seed = 1000 * (other ? strtoull(other, NULL, 10) : 0);
    (void)unused;
    for (size_t n = 0; n < cases; n++) {
        struct story story;
        state = (seed + n) * 0x9E3779B97F4A7C15u + 1;
        made = 0;
        story_begin(&story);
        introduce(&story, "aud");
        introduce(&story, "aud2");
        for (unsigned i = 1; i < SYSTEMS; i++) {
            char text[300];
            snprintf(text, sizeof(text),
                "{\"kind\":\"system\",\"id\":\"%s\",\"at\":\"2026-01-01\",\"body\":{\"title\":"
                "\"S\",\"developer\":\"party/dev\"}}",
                system_name(i));
            story_add(&story, "dev", text);
        }
        for (unsigned step = 0; step < STEPS; step++) {
            story.now += (fb_time)roll(12) * FB_HOUR;
            say(&story);
            if (step % ASKED_EACH == ASKED_EACH - 1) {
                file_case(&story);
                story.now += (fb_time)roll(48) * FB_HOUR;
                views += story_picture(&story, NULL)->case_count;
            }
        }
        excerpts += story.excerpts;
        story_end(&story);
    }
    print_message("# %zu answers by the index, %zu cases\n", excerpts, views);
    assert_true(excerpts > cases && views > cases && filed > 3 * cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
