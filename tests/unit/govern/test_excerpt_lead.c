/*
 * Tests of what records lead to (src/govern/excerpt_lead.c, excerpt_search.c): for each rule a
 * docket in which an answer about system/s rests on a record that only this rule finds. story.c
 * compares every picture with that of all records.
 */
#include <string.h>

#include "base/io.h"
#include "fb_test.h"
#include "govern/docket_private.h"
#include "govern/excerpt.h"
#include "record/sshsig.h"
#include "story.h"

static struct fb_err err;

static void introduce(struct story *story, const char *id, const char *role)
{
    struct fb_docket_party party = {
        .id = fb_str_of(id), .title = fb_str_of(id), .role = fb_str_of(role)};
    FB_TEST_OK(fb_docket_introduce(story->docket, &party, &err));
}

/* Files what a party says about a system; `more` are further members, each with its comma. */
static void say(struct story *story, const char *party, const char *kind, const char *name,
    const char *more, const char *body)
{
    char text[1200], at[FB_TIME_TEXT];
    snprintf(text, sizeof(text), "{\"kind\":\"%s\",\"id\":\"%s/%s\",\"at\":\"%s\",%s\"body\":{%s}}",
        kind, kind, name, fb_time_format(story->now, at), more, body);
    story_add(story, party, text);
}

/* With system/1, whose developer is another, and two auditors. */
static void begin(struct story *story, const char *policy)
{
    char text[2048];
    story_begin(story);
    introduce(story, "dev1", "developer");
    introduce(story, "aud", "auditor");
    introduce(story, "aud2", "auditor");
    say(story, "dev1", "system", "1", "", "\"title\":\"1\",\"developer\":\"party/dev1\"");
    snprintf(text, sizeof(text), "policy \"t\"\n  title \"T\"\n  version 1\n%s", policy);
    story_add(story, "institute", text);
}

/* How many duties system/s has, which is the same by the index and of all records. The last record
 * is in every excerpt, so it is one that nothing rests on. */
static size_t duties(struct story *story)
{
    introduce(story, "nobody", "witness");
    const struct fb_picture *picture = story_picture(story, NULL);
    size_t count = 0;
    for (size_t i = 0; i < picture->duty_count; i++) {
        count += fb_str_is(picture->duties[i].system, "system/s");
    }
    assert_int_equal(story->excerpts, story->asked);
    return count;
}

#define OF_S "\"subject\":\"system/s\","
#define OF_1 "\"subject\":\"system/1\","

/* A receipt that names its report, and no system. */
static void test_receipt(void **unused)
{
    struct story story;
    (void)unused;
    begin(&story, "duty tell(S, I)\n  title \"tell\"\n"
                  "  when incident I of system S, known to P\n  party P\n"
                  "  must report I to \"institute\" stage \"initial\"\n  within 8 days\n  of P "
                  "knowing of I\n");
    say(&story, "dev", "incident", "1", OF_S,
        "\"title\":\"i\",\"class\":\"harm\",\"known_to\":\"party/"
        "dev\",\"known_at\":\"2026-01-01\"");
    story_at(&story, "2026-02-01T00:00:00Z");
    say(&story, "dev", "report", "r", OF_S,
        "\"about\":\"incident/1\",\"to\":\"institute\",\"stage\":\"initial\"");
    story_at(&story, "2026-02-02T00:00:00Z");
    say(&story, "institute", "decision", "d", "",
        "\"topic\":\"receipt\",\"outcome\":\"noted\",\"reasons\":\"r\",\"about\":\"report/r\","
        "\"valid_from\":\"2026-01-05\"");
    assert_int_equal(duties(&story), 1);
    assert_int_equal(story_duty(&story, "tell", NULL)->status, FB_DUTY_MET);
    story_end(&story);
}

/* Receipts of reports about another system. */
static void test_received(void **unused)
{
    struct story story;
    (void)unused;
    begin(&story, "duty look(S, R)\n  title \"look\"\n"
                  "  when report_received R with to \"institute\" and system S with developer P\n"
                  "  party P\n  must issue measure M of S with name security\n  within 8 days\n");
    say(&story, "dev1", "report", "r", OF_1, "\"topic\":\"x\",\"to\":\"institute\"");
    story_at(&story, "2026-02-02T00:00:00Z");
    say(&story, "institute", "decision", "d", OF_1,
        "\"topic\":\"receipt\",\"outcome\":\"noted\",\"reasons\":\"r\",\"about\":\"report/r\","
        "\"valid_from\":\"2025-12-30\"");
    assert_int_equal(duties(&story), 1);
    story_end(&story);
}

/* Files a safety case of system/s; returns its id. */
static const char *submit(struct story *story)
{
    char path[128];
    struct fb_docket_added added;
    struct fb_docket_add options = {
        .issuer = FB_STR("dev"), .ingest = {.subject = FB_STR("system/s"), .name = FB_STR("c")}};
    struct fb_arena arena;
    static char id[200];
    snprintf(path, sizeof(path), "%s/case", story->folder);
    FB_TEST_OK(fb_io_write(path,
        FB_STR("G1: {supportedBy: [Sn1]}\nSn1: {evidence: record system/s stands}\n"), 0600, &err));
    fb_arena_init(&arena, (size_t)1 << 28);
    FB_TEST_OK(fb_docket_add_file(story->docket, path, &options, &arena, &added, &err));
    snprintf(id, sizeof(id), "%.*s", FB_STR_ARG(added.ids[0]));
    fb_arena_release(&arena);
    return id;
}

/* A decision that names a safety case, and no system. */
static void test_case_decided(void **unused)
{
    struct story story;
    char body[400];
    (void)unused;
    begin(&story, "");
    snprintf(body, sizeof(body),
        "\"topic\":\"safety_case\",\"outcome\":\"granted\",\"reasons\":\"r\",\"about\":\"%s\"",
        submit(&story));
    say(&story, "institute", "decision", "d", "", body);
    assert_int_equal(duties(&story), 0);
    assert_int_equal(story.picture.case_count, 1);
    assert_int_equal(story.picture.cases[0].stage, FB_CASE_ACCEPTED);
    story_end(&story);
}

/* A licence of another system that rests on the safety case of this one. */
static void test_case_licensed(void **unused)
{
    struct story story;
    char body[400];
    (void)unused;
    begin(&story, "");
    snprintf(body, sizeof(body),
        "\"action\":\"deploy\",\"state\":\"granted\",\"version\":1,\"case\":\"%s\"",
        submit(&story));
    say(&story, "institute", "licence", "1", OF_1, body);
    assert_int_equal(duties(&story), 0);
    assert_int_equal(story.picture.case_count, 1);
    assert_int_equal(story.picture.cases[0].stage, FB_CASE_ACCEPTED);
    story_end(&story);
}

/* A rule names a party that no record at hand does, and among many incidents one names it by a
 * correction, between two that do not. */
static void test_party_by_correction(void **unused)
{
    enum { MANY = 20, TELLING = 3 };
    struct story story;
    (void)unused;
    begin(&story,
        "duty warn(S, I)\n  title \"warn\"\n"
        "  when incident I with class harm, known_to \"aud\" and system S with developer P\n"
        "  party P\n  must issue measure M of S with name security\n  within 8 days\n");
    say(&story, "institute", "party", "aud-2", "\"supersedes\":\"party/aud\",",
        "\"title\":\"A\",\"role\":\"auditor\"");
    for (int n = 0; n < MANY; n++) {
        char name[20], body[100];
        snprintf(name, sizeof(name), "%d", n);
        snprintf(body, sizeof(body), "\"title\":\"i\",\"class\":\"harm\",\"known_to\":\"party/%s\"",
            n >= TELLING ? "dev1"
            : n == 1     ? "aud-2"
                         : "aud");
        say(&story, "dev1", "incident", name, OF_1, body);
    }
    assert_int_equal(duties(&story), TELLING);
    story_end(&story);
}

/* A record that a rule names. */
static void test_named_in_rule(void **unused)
{
    struct story story;
    (void)unused;
    begin(&story, "duty follow(S)\n  title \"follow\"\n"
                  "  when system \"1\" with title \"1\" and system S with developer P\n"
                  "  party P\n  must issue measure M of S with name security\n  within 8 days\n");
    assert_int_equal(duties(&story), 1);
    story_end(&story);
}

/* The log of an evaluation was erased. */
static void test_erased(void **unused)
{
    static const char digest[] =
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    struct story story;
    char body[600];
    (void)unused;
    begin(&story,
        "redline cyber(S)\n  title \"Breaks in\"\n  measure success of S on \"cybench\"\n"
        "  crossed at 50% with 95% confidence\n  needs 200 samples, newer than 90 days\n");
    snprintf(body, sizeof(body),
        "\"task\":\"cybench\",\"scorer\":\"includes\",\"model\":\"m\",\"status\":\"success\","
        "\"began\":\"2026-01-01\",\"ended\":\"2026-01-01\",\"samples\":300,\"succeeded_any\":5,"
        "\"succeeded_all\":5,\"unresolved\":0,\"log\":\"%s\"",
        digest);
    say(&story, "lab", "evaluation", "1", OF_S, body);
    snprintf(body, sizeof(body), "\"digest\":\"%s\",\"reason\":\"r\",\"bytes\":1", digest);
    say(&story, "institute", "erasure", "1", "", body);
    assert_int_equal(duties(&story), 0);
    assert_int_equal(story.picture.line_count, 2);
    story_end(&story);
}

/* What shows the level of another system is not what the rule asks for, since more is shown. */
static void test_level_of_another(void **unused)
{
    static const char rule[] =
        "duty look(S, L)\n  title \"look\"\n"
        "  when level_held L with issuer \"aud\", standard security and system S with developer P\n"
        "  party P\n  must issue measure M of S with name security\n  within 8 days\n";
    static const char audit[] =
        "\"party\":\"party/dev1\",\"scope\":\"all\",\"method\":\"documents\",\"result\":"
        "\"passed\",\"began\":\"2026-01-01\",\"ended\":\"2026-01-01\",\"standard\":\"security\","
        "\"level\":";
    static const char *const more[] = {"audit", "measure", NULL};
    (void)unused;
    for (int i = 0; i < 3; i++) {
        struct story story;
        char body[400];
        begin(&story, rule);
        if (more[i]) {
            snprintf(
                body, sizeof(body), "%s%s", i ? "\"name\":\"security\",\"level\":" : audit, "4");
            say(&story, "aud2", more[i], "4", OF_1, body);
        }
        snprintf(body, sizeof(body), "%s2", audit);
        say(&story, "aud", "audit", "2", OF_1, body);
        assert_int_equal(duties(&story), more[i] ? 0 : 1);
        story_end(&story);
    }
}

/* A measure shows the level of another system. */
static void test_measured_level(void **unused)
{
    struct story story;
    (void)unused;
    begin(&story, "duty look(S, L)\n  title \"look\"\n"
                  "  when level_held L with standard security and system S with developer P\n"
                  "  party P\n  must issue measure M of S with name security\n  within 8 days\n");
    say(&story, "aud", "measure", "2", OF_1, "\"name\":\"security\",\"level\":2");
    assert_int_equal(duties(&story), 1);
    story_end(&story);
}

/* What a modification used follows from the runs of what it was made from, and from what that was
 * made of; each is found by the one before alone. */
static void test_share(void **unused)
{
    struct story story;
    (void)unused;
    begin(&story,
        "duty look(S)\n  title \"look\"\n"
        "  when share_of_original M of system S with original O, low_share > 0.4, high_share < "
        "0.6\n"
        "  party \"dev\"\n  must issue measure M of S with name security\n  within 8 days\n");
    say(&story, "dev1", "system", "1-1", "\"supersedes\":\"system/1\",",
        "\"title\":\"1\",\"developer\":\"party/dev1\",\"training_compute_flop\":1e+24");
    say(&story, "dev1", "system", "2", "",
        "\"title\":\"2\",\"developer\":\"party/dev1\",\"derivation\":\"compression\","
        "\"derived_from\":\"system/1\"");
    say(&story, "dev", "system", "m", "",
        "\"title\":\"m\",\"developer\":\"party/dev\",\"derivation\":\"fine_tuning\",\"derived_"
        "from\":\"system/2\"");
    say(&story, "dev", "run", "1", "\"subject\":\"system/m\",",
        "\"title\":\"r\",\"purpose\":\"fine_tuning\",\"state\":\"finished\",\"planned_flop\":"
        "3e+23");
    say(&story, "dev", "system", "s-1", "\"supersedes\":\"system/s\",",
        "\"title\":\"s\",\"developer\":\"party/dev\",\"derivation\":\"fine_tuning\",\"derived_"
        "from\":\"system/m\"");
    say(&story, "dev", "run", "2", OF_S,
        "\"title\":\"r\",\"purpose\":\"fine_tuning\",\"state\":\"finished\",\"planned_flop\":"
        "2e+23");
    say(&story, "dev1", "system", "2-1", "\"supersedes\":\"system/2\",",
        "\"title\":\"2\",\"developer\":\"party/dev1\",\"training_compute_flop\":1e+24,"
        "\"derivation\":\"compression\",\"derived_from\":\"system/1\"");
    assert_int_equal(duties(&story), 1);
    story_end(&story);
}

/* How much another system used has no say about this one, by whatever column a rule asks. */
static void test_share_alone(void **unused)
{
    enum { OTHERS = 40, FEW = 20 };
    struct story story;
    (void)unused;
    begin(&story, "let modified(S) = share_of_original M of S with own false\n"
                  "duty look(S)\n  title \"look\"\n  when system S with developer P\n"
                  "  if modified(S) and not share_of_original \"system/1\"\n"
                  "  party P\n  must issue measure M of S with name security\n  within 8 days\n");
    for (int i = 0; i < OTHERS; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "o%d", i);
        say(&story, "institute", "system", name, "",
            "\"title\":\"o\",\"developer\":\"party/dev1\"");
    }
    assert_int_equal(duties(&story), 0);
    assert_in_range(story.most, 1, FEW);
    story_end(&story);
}

/* A rule that asks for the shares of others, by who modified. */
static void test_share_of_another(void **unused)
{
    struct story story;
    (void)unused;
    begin(&story,
        "duty look(S)\n  title \"look\"\n"
        "  when share_of_original M with developer \"dev1\", high_share > 0.4 and system S "
        "with developer \"dev\"\n"
        "  party \"dev\"\n  must issue measure M of S with name security\n  within 8 "
        "days\n");
    say(&story, "institute", "system", "1-1", "\"supersedes\":\"system/1\",",
        "\"title\":\"1\",\"developer\":\"party/aud2\",\"training_compute_flop\":1e+23");
    say(&story, "institute", "system", "b", "",
        "\"title\":\"b\",\"developer\":\"party/aud\",\"training_compute_flop\":1e+24");
    say(&story, "institute", "system", "c", "",
        "\"title\":\"c\",\"developer\":\"party/dev1\",\"derivation\":\"merging\",\"derived_from\":"
        "\"system/1\",\"also_from\":[\"system/b\"]");
    say(&story, "institute", "run", "1", "\"subject\":\"system/c\",",
        "\"title\":\"r\",\"purpose\":\"fine_tuning\",\"state\":\"finished\",\"planned_flop\":"
        "3e+23");
    say(&story, "institute", "run", "2", "\"subject\":\"system/c\",",
        "\"title\":\"r\",\"purpose\":\"fine_tuning\",\"state\":\"finished\",\"planned_flop\":"
        "2e+23");
    assert_int_equal(duties(&story), 1);
    story_end(&story);
}

/* Access to another system was refused, says who used its grant. */
static void test_grant_of_another(void **unused)
{
    struct story story;
    (void)unused;
    begin(&story, "duty look(S, G)\n  title \"look\"\n"
                  "  when grant_standing G with party \"aud\", honoured refused and system S with "
                  "developer P\n"
                  "  party P\n  must issue measure M of S with name security\n  within 8 days\n");
    say(&story, "dev1", "grant", "1", OF_1,
        "\"party\":\"party/aud\",\"form\":\"query\",\"state\":\"granted\",\"valid_until\":"
        "\"2027-01-01\"");
    say(&story, "aud", "access", "1", OF_1,
        "\"grant\":\"grant/1\",\"honoured\":\"refused\",\"began\":\"2026-01-01\"");
    assert_int_equal(duties(&story), 1);
    story_end(&story);
}

/* A waiver that names no system, but a party or a rule. */
static void test_waiver(void **unused)
{
    static const char *const of[] = {
        "", ",\"party\":\"party/dev\"", ",\"rule\":\"t/look\"", ",\"about\":\"incident/1\""};
    (void)unused;
    for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
        struct story story;
        char body[300];
        begin(&story, "duty look(S, I)\n  title \"look\"\n"
                      "  when incident I of system S with known_to P\n  party P\n"
                      "  must issue measure M of S with name security\n  within 8 days\n"
                      "  waived by \"institute\"\n");
        say(&story, "dev", "incident", "1", OF_S,
            "\"title\":\"i\",\"class\":\"harm\",\"known_to\":\"party/dev\"");
        snprintf(body, sizeof(body),
            "\"topic\":\"waiver\",\"outcome\":\"granted\",\"reasons\":\"r\"%s", of[i]);
        say(&story, "institute", "decision", "1", "", body);
        story_at(&story, "2026-02-01T00:00:00Z");
        assert_int_equal(duties(&story), 1);
        assert_int_equal(story_duty(&story, "look", NULL)->status == FB_DUTY_OVERDUE, i == 0);
        story_end(&story);
    }
}

/* How many records an answer about system/s rests on, by the index. */
static size_t rests_on(struct story *story)
{
    struct fb_clock clock = fb_clock_fixed(&story->now);
    const struct fb_docket_question question = {.as_of = FB_TIME_MAX, .about = FB_STR("s")};
    struct fb_docket *docket = NULL;
    struct fb_picture picture;
    struct fb_arena arena;
    uint64_t size;
    fb_arena_init(&arena, (size_t)1 << 28);
    FB_TEST_OK(fb_docket_index(story->docket, true, &size, &err));
    FB_TEST_OK(fb_docket_open_asked(
        story->docket_path, &clock, true, &question, &arena, &docket, &picture, &err));
    assert_true(fb_docket_is_excerpt(docket));
    size_t count = fb_excerpt_count(docket->excerpt);
    fb_docket_close(docket);
    fb_arena_release(&arena);
    return count;
}

/* Of many waivers those are read that can excuse: of no system and no party, or of this one. */
static void test_many_waivers(void **unused)
{
    enum { MANY = 20 };
    static const char granted[] =
        "\"topic\":\"waiver\",\"outcome\":\"granted\",\"reasons\":\"r\",\"rule\":\"t/look\"";
    struct story story;
    char body[300], name[20];
    (void)unused;
    begin(&story, "duty look(S, I)\n  title \"look\"\n"
                  "  when incident I of system S with known_to P\n  party P\n"
                  "  must issue measure M of S with name security\n  within 8 days\n"
                  "  waived by \"institute\"\n");
    say(&story, "dev", "incident", "1", OF_S,
        "\"title\":\"i\",\"class\":\"harm\",\"known_to\":\"party/dev\"");
    introduce(&story, "before", "witness");
    size_t before = rests_on(&story);
    for (int n = 0; n < MANY; n++) {
        snprintf(name, sizeof(name), "other-%d", n);
        say(&story, "institute", "decision", name, OF_1, granted);
    }
    introduce(&story, "after", "witness");
    assert_int_equal(rests_on(&story), before);
    for (int n = 0; n < MANY; n++) {
        snprintf(name, sizeof(name), "party-%d", n);
        snprintf(body, sizeof(body), "%s,\"party\":\"party/dev1\"", granted);
        say(&story, "institute", "decision", name, "", body);
    }
    assert_int_equal(duties(&story), 1);
    assert_int_equal(story_duty(&story, "look", NULL)->status, FB_DUTY_OWED);
    say(&story, "institute", "decision", "all", "", granted);
    introduce(&story, "last", "witness");
    assert_int_equal(story_duty(&story, "look", NULL)->status, FB_DUTY_WAIVED);
    assert_int_equal(story.excerpts, story.asked);
    story_end(&story);
}

#define LOOK_AT_GRANT                                                                              \
    "duty look(S, G)\n  title \"look\"\n"                                                          \
    "  when grant_standing G of system S with standing granted and system S with developer P\n"    \
    "  party P\n  must issue measure M of S with name security\n  within 90 days\n"

static void grant_until_february(struct story *story)
{
    say(story, "dev", "grant", "1", OF_S,
        "\"party\":\"party/aud\",\"form\":\"query\",\"state\":\"granted\",\"valid_until\":"
        "\"2026-02-01\"");
}

/* A key is revoked, so that a correction of system/1 holds again, at the instant at which what a
 * duty of system/s rests on ends: that counts as ended by a correction, and no index says which
 * begin anew. All records answer. */
static void test_revoked_at_end(void **unused)
{
    struct story story;
    struct fb_docket_added added;
    struct fb_docket_key_change change = FB_DOCKET_KEY_CHANGE;
    struct fb_sshkey_secret secret;
    (void)unused;
    begin(&story, LOOK_AT_GRANT);
    grant_until_february(&story);
    story_at(&story, "2026-01-05T00:00:00Z");
    say(&story, "dev1", "system", "1-1", "\"supersedes\":\"system/1\",",
        "\"title\":\"1\",\"developer\":\"party/dev1\"");
    story_at(&story, "2026-01-20T00:00:00Z");
    say(&story, "dev1", "system", "1-2", "\"supersedes\":\"system/1-1\",",
        "\"title\":\"1\",\"developer\":\"party/dev1\"");
    assert_int_equal(duties(&story), 1);
    assert_int_equal(story_duty(&story, "look", NULL)->status, FB_DUTY_OWED);
    story_at(&story, "2026-02-01T00:00:00Z");
    FB_TEST_OK(fb_docket_key(story.docket, FB_STR("party/dev1"), &secret, &err));
    const struct fb_registry *registry = fb_docket_registry(story.docket);
    const struct fb_record *key = fb_registry_first(registry, FB_KIND_key);
    while (!fb_str_is(fb_record_text(key, "party"), "party/dev1")) {
        key = fb_registry_next(registry, key);
        assert_non_null(key);
    }
    change.party = FB_STR("party/dev1");
    change.issuer = FB_STR("party/institute");
    change.key = &secret.key;
    change.supersedes = key->id;
    change.revoked = story_time("2026-01-10T00:00:00Z");
    FB_TEST_OK(fb_docket_change_key(story.docket, &change, &added, &err));
    fb_sshkey_wipe(&secret);
    story_at(&story, "2026-02-02T00:00:00Z");
    introduce(&story, "last", "witness");
    size_t asked = story.asked, excerpts = story.excerpts;
    assert_int_equal(story_duty(&story, "look", NULL)->status, FB_DUTY_RELAXED);
    assert_int_equal(story.asked, asked + 2);
    assert_int_equal(story.excerpts, excerpts + 1); /* of system/1 */
    story_end(&story);
}

/* Moves the index out of the way, or back. */
static void hide_index(const struct story *story, bool away)
{
    char here[128], there[128];
    snprintf(here, sizeof(here), "%s/index.db", story->docket_path);
    snprintf(there, sizeof(there), "%s/index.away", story->folder);
    assert_int_equal(away ? rename(here, there) : rename(there, here), 0);
}

/* The first record of a kind, and the first correction, came since the index was made. */
static void test_first_since(void **unused)
{
    const struct fb_docket_question question = {.as_of = FB_TIME_MAX, .about = FB_STR("s")};
    struct story story;
    struct fb_docket *docket = NULL;
    struct fb_picture picture;
    struct fb_arena arena;
    uint64_t size;
    (void)unused;
    begin(&story, LOOK_AT_GRANT
        "duty warn(S, I)\n  title \"warn\"\n"
        "  when incident I with known_to \"aud\" and system S with developer P\n"
        "  party P\n  must issue measure M of S with name security\n  within 8 days\n");
    grant_until_february(&story);
    say(&story, "dev1", "system", "2", "", "\"title\":\"2\",\"developer\":\"party/dev1\"");
    FB_TEST_OK(fb_docket_index(story.docket, true, &size, &err));
    hide_index(&story, true);
    story_at(&story, "2026-02-01T00:00:00Z");
    say(&story, "dev1", "incident", "1", OF_1,
        "\"title\":\"i\",\"class\":\"harm\",\"known_to\":\"party/aud\"");
    say(&story, "dev1", "system", "2-1", "\"supersedes\":\"system/2\",",
        "\"title\":\"2\",\"developer\":\"party/dev1\"");
    introduce(&story, "nobody", "witness");
    hide_index(&story, false);
    fb_arena_init(&arena, (size_t)1 << 28);
    struct fb_clock clock = fb_clock_fixed(&story.now);
    FB_TEST_OK(fb_docket_open_asked(
        story.docket_path, &clock, true, &question, &arena, &docket, &picture, &err));
    assert_true(fb_docket_is_excerpt(docket));
    assert_int_equal(picture.duty_count, 2);
    assert_true(fb_str_is(picture.duties[0].obligation.duty->name, "look"));
    assert_int_equal(picture.duties[0].obligation.status, FB_DUTY_RELAXED);
    assert_int_equal(picture.duties[1].obligation.status, FB_DUTY_OWED);
    fb_docket_close(docket);
    fb_arena_release(&arena);
    story_end(&story);
}

/* Who else signed a record, though nobody asked for it. */
static void test_cosigned(void **unused)
{
    static const char text[] =
        "{\"kind\":\"measure\",\"id\":\"measure/1\",\"subject\":\"system/s\",\"at\":\"2026-01-01\","
        "\"issuer\":\"party/dev\",\"body\":{\"name\":\"security\",\"level\":1}}";
    struct story story;
    struct fb_docket_added added;
    struct fb_sshkey_secret secret;
    struct fb_buf draft, statement, signatures[2];
    (void)unused;
    begin(&story, "");
    fb_buf_init(&draft, FB_STATEMENT_MAX);
    fb_buf_init(&statement, FB_STATEMENT_MAX);
    fb_buf_add_c(&draft, text);
    FB_TEST_OK(fb_docket_canonical(story.docket, &draft, FB_STR("party/dev"), &statement, &err));
    struct fb_filing filing = {.statement = fb_buf_str(&statement),
        .kind = FB_STR("measure"),
        .issuer = FB_STR("party/dev"),
        .signature_count = 2};
    for (int i = 0; i < 2; i++) {
        struct fb_str party = i ? FB_STR("party/aud") : filing.issuer;
        fb_buf_init(&signatures[i], FB_SSHSIG_TEXT_MAX);
        FB_TEST_OK(fb_docket_key(story.docket, party, &secret, &err));
        FB_TEST_OK(
            fb_sshsig_sign(&secret, "flyball/measure", filing.statement, &signatures[i], &err));
        fb_sshkey_wipe(&secret);
        filing.signatures[i] = fb_buf_str(&signatures[i]);
    }
    FB_TEST_OK(fb_docket_file(story.docket, &filing, 1, &added, &err));
    assert_int_equal(duties(&story), 0);
    fb_buf_release(&draft);
    fb_buf_release(&statement);
    fb_buf_release(&signatures[0]);
    fb_buf_release(&signatures[1]);
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_receipt),
        cmocka_unit_test(test_received),
        cmocka_unit_test(test_case_decided),
        cmocka_unit_test(test_case_licensed),
        cmocka_unit_test(test_party_by_correction),
        cmocka_unit_test(test_named_in_rule),
        cmocka_unit_test(test_erased),
        cmocka_unit_test(test_level_of_another),
        cmocka_unit_test(test_measured_level),
        cmocka_unit_test(test_share),
        cmocka_unit_test(test_share_alone),
        cmocka_unit_test(test_share_of_another),
        cmocka_unit_test(test_grant_of_another),
        cmocka_unit_test(test_waiver),
        cmocka_unit_test(test_many_waivers),
        cmocka_unit_test(test_revoked_at_end),
        cmocka_unit_test(test_first_since),
        cmocka_unit_test(test_cosigned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
