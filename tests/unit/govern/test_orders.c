/* Orders and licences, from records to what a system may do: orders.c, licences.c and facts.c. */
#include "fb_test.h"
#include "govern/work.h"
#include "story.h"

/* An order or release about system/s; more is further fields of its body. */
static enum fb_code try_order(struct story *s, const char *party, const char *name,
    const char *action, int version, const char *more)
{
    char text[1024];
    snprintf(text, sizeof(text),
        "{\"kind\":\"order\",\"id\":\"order/%s\",\"subject\":\"system/s\",\"at\":\"2026-01-01\","
        "\"body\":{\"action\":\"%s\",\"version\":%d,\"reasons\":\"the reason\"%s}}",
        name, action, version, more);
    return story_try(s, party, text);
}

static void order(
    struct story *s, const char *name, const char *action, int version, const char *more)
{
    assert_int_equal(try_order(s, "institute", name, action, version, more), FB_OK);
}

#define err s.err

static void record(
    struct story *story, const char *party, const char *kind, const char *name, const char *body)
{
    char text[1024];
    snprintf(text, sizeof(text),
        "{\"kind\":\"%s\",\"id\":\"%s/%s\",\"subject\":\"system/s\",\"at\":\"2026-01-01\","
        "\"body\":%s}",
        kind, kind, name, body);
    story_add(story, party, text);
}

static bool says(const struct fb_why *why, const char *part)
{
    for (; why; why = why->next) {
        if (memmem(why->text.ptr, why->text.len, part, strlen(part)) || says(why->child, part)) {
            return true;
        }
    }
    return false;
}

static const struct fb_licence_view *licence(struct story *s, enum fb_action action)
{
    const struct fb_picture *p = story_picture(s, NULL);
    for (size_t i = 0; i < p->licence_count; i++) {
        if (p->licences[i].action == action && fb_str_is(p->licences[i].system, "system/s")) {
            return &p->licences[i];
        }
    }
    fail_msg("no licence");
    return NULL;
}

/* A restriction leaves training; explain names the order and its reason. */
static void test_restriction(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    order(&s, "1", "restrict", 1, "");
    assert_true(story_may(&s, FB_ACTION_TRAIN));
    assert_false(story_may(&s, FB_ACTION_DEPLOY));
    assert_false(story_may(&s, FB_ACTION_AUTONOMY));
    assert_true(says(licence(&s, FB_ACTION_DEPLOY)->why, "ordered by party/institute: the reason"));
    struct fb_verdict verdict;
    FB_TEST_OK(fb_picture_find(&s.picture, FB_STR("order/1"), &s.arena, &verdict, &err));
    assert_true(says(verdict.why, "it ends only with a release"));
    assert_int_equal(s.picture.order_count, 1);
    assert_true(s.picture.orders[0].in_force);
    assert_false(s.picture.systems[0].exempt);
    order(&s, "2", "release", 2, ",\"releases\":\"order/1\"");
    assert_true(story_may(&s, FB_ACTION_DEPLOY));
    assert_false(s.picture.orders[0].in_force);
    /* What was known before is as it was. */
    story_at(&s, "2026-01-02T00:00:00Z");
    order(&s, "3", "halt", 1, "");
    const struct fb_picture *before = story_picture(&s, "2026-01-02T00:00:00Z");
    assert_int_equal(before->order_count, 1);
    story_end(&s);
}

/* An order to secure forbids until somebody else than the developer shows the level. */
static void test_secure(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    order(&s, "1", "secure", 1, ",\"level\":4");
    assert_true(story_may(&s, FB_ACTION_TRAIN));
    assert_false(story_may(&s, FB_ACTION_DEPLOY));
    record(&s, "dev", "measure", "own", "{\"name\":\"security\",\"level\":5}");
    assert_false(story_may(&s, FB_ACTION_DEPLOY));
    record(&s, "lab", "measure", "low", "{\"name\":\"security\",\"level\":3}");
    assert_false(story_may(&s, FB_ACTION_DEPLOY));
    record(&s, "lab", "audit", "failed",
        "{\"party\":\"party/dev\",\"scope\":\"w\",\"method\":\"red_team\",\"result\":\"failed\","
        "\"began\":\"2025-12-01\",\"ended\":\"2025-12-02\",\"standard\":\"security\",\"level\":4}");
    assert_false(story_may(&s, FB_ACTION_DEPLOY));
    record(&s, "lab", "audit", "good",
        "{\"party\":\"party/dev\",\"scope\":\"w\",\"method\":\"red_team\",\"result\":\"passed\","
        "\"began\":\"2025-12-01\",\"ended\":\"2025-12-02\",\"standard\":\"security\",\"level\":4,"
        "\"valid_until\":\"2026-06-01\"}");
    assert_true(story_may(&s, FB_ACTION_DEPLOY));
    assert_true(s.picture.orders[0].in_force);
    story_at(&s, "2026-05-31T23:59:59Z");
    assert_true(story_may(&s, FB_ACTION_DEPLOY));
    story_at(&s, "2026-06-01T00:00:00Z");
    assert_false(story_may(&s, FB_ACTION_DEPLOY));
    story_end(&s);
}

/* An order on a party binds all of its systems. */
static void test_party_order(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    story_add(&s, "institute",
        "{\"kind\":\"order\",\"id\":\"order/1\",\"at\":\"2026-01-01\",\"body\":{\"action\":"
        "\"halt\",\"version\":1,\"reasons\":\"r\",\"party\":\"party/lab\"}}");
    assert_true(story_may(&s, FB_ACTION_TRAIN));
    story_add(&s, "institute",
        "{\"kind\":\"order\",\"id\":\"order/2\",\"at\":\"2026-01-01\",\"body\":{\"action\":"
        "\"halt\",\"version\":1,\"reasons\":\"r\",\"party\":\"party/dev\"}}");
    assert_false(story_may(&s, FB_ACTION_TRAIN));
    story_end(&s);
}

/* What a broken duty leads to stays when the duty is done late, until a regulator releases it. */
static void test_consequence_latches(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    story_add(&s, "institute",
        "policy \"d\"\n  title \"D\"\n  source \"t\"\n  version 1\n\n"
        "duty tell(S, I)\n  when incident I of system S with class death, known to P\n"
        "  party P\n  must report I to \"office\" stage \"initial\"\n  within 2 days\n"
        "  lest halt S\n");
    static const char incident[] = "{\"title\":\"t\",\"class\":\"death\",\"known_to\":"
                                   "\"party/dev\",\"known_at\":\"2026-01-01\"}";
    record(&s, "institute", "incident", "1", incident);
    assert_true(story_may(&s, FB_ACTION_TRAIN));
    /* A release that was there before the breach does not end what follows from it. */
    story_at(&s, "2026-01-02T00:00:00Z");
    order(&s, "early", "release", 1, ",\"duty\":\"duty:d/tell:system/s,incident/1,party/dev\"");
    story_at(&s, "2026-01-03T00:00:00Z");
    assert_false(story_may(&s, FB_ACTION_TRAIN));
    assert_int_equal(s.picture.order_count, 1);
    assert_true(
        fb_str_is(s.picture.orders[0].id, "lest:duty:d/tell:system/s,incident/1,party/dev"));
    assert_true(s.picture.orders[0].since == story_time("2026-01-03T00:00:00Z"));
    story_at(&s, "2026-01-04T00:00:00Z");
    record(&s, "dev", "report", "1",
        "{\"about\":\"incident/1\",\"to\":\"office\",\"stage\":\"initial\"}");
    assert_int_equal(story_duty(&s, "tell", NULL)->status, FB_DUTY_MET_LATE);
    assert_false(story_may(&s, FB_ACTION_TRAIN));
    assert_int_equal(try_order(&s, "dev", "own", "release", 1,
                         ",\"duty\":\"duty:d/tell:system/s,incident/1,party/dev\""),
        FB_E_ROLE);
    order(&s, "other", "release", 1, ",\"duty\":\"duty:d/tell:system/s,incident/2,party/dev\"");
    assert_false(story_may(&s, FB_ACTION_TRAIN));
    order(&s, "late", "release", 2, ",\"duty\":\"duty:d/tell:system/s,incident/1,party/dev\"");
    assert_true(story_may(&s, FB_ACTION_TRAIN));
    story_end(&s);
}

/* While the pace is fast: the breach halts. */
static void break_at_once(struct story *s)
{
    record(s, "institute", "incident", "1",
        "{\"title\":\"t\",\"class\":\"death\",\"known_to\":\"party/dev\",\"known_at\":"
        "\"2026-01-01\"}");
    story_at(s, "2026-01-03T00:00:00Z");
    story_picture(s, NULL);
    assert_int_equal(s->picture.order_count, 1);
    assert_int_equal(s->picture.orders[0].action, FB_ORDER_HALT);
}

/* History 28 of docs/SEMANTICS.md: what follows a breach is what the pace of its instant says. */
static void test_consequence_at_pace(void **state)
{
    (void)state;
    static const struct {
        const char *date, *value;
    } values[] = {{"2023-01-01", "1"}, {"2024-01-01", "2.1"}, {"2025-01-01", "3.9"},
        {"2026-01-01", "8.2"}, {"2026-06-30", "11.5"}};
    struct story s;
    story_begin(&s);
    story_add(&s, "institute",
        "policy \"d\"\n  title \"D\"\n  source \"t\"\n  version 1\n\n"
        "duty tell(S, I)\n  when incident I of system S with class death, known to P\n"
        "  party P\n  must report I to \"office\" stage \"initial\"\n  within 2 days\n"
        "  lest restrict S\n\n"
        "pace\n  fast when doubling time of horizon < 5 months with 90% confidence\n"
        "    then tell.lest halt S\n  relax after 180 days\n");
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text),
            "{\"kind\":\"progress\",\"id\":\"progress/%zu\",\"at\":\"%s\",\"body\":{"
            "\"series\":\"horizon\",\"date\":\"%s\",\"value\":%s}}",
            i, values[i].date, values[i].date, values[i].value);
        if (i + 1 == sizeof(values) / sizeof(values[0])) {
            break_at_once(&s);
            story_at(&s, "2026-06-30T00:00:00Z");
        }
        story_add(&s, "institute", text);
    }
    story_at(&s, "2026-07-01T00:00:00Z");
    record(&s, "institute", "incident", "2",
        "{\"title\":\"t\",\"class\":\"death\",\"known_to\":\"party/dev\",\"known_at\":"
        "\"2026-07-01\"}");
    story_at(&s, "2026-07-04T00:00:00Z");
    story_picture(&s, NULL);
    /* The first one stays what it was. */
    assert_int_equal(s.picture.order_count, 2);
    assert_int_equal(s.picture.orders[0].action, FB_ORDER_HALT);
    assert_int_equal(s.picture.orders[1].action, FB_ORDER_RESTRICT);
    story_end(&s);
}

static void test_licences(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    record(
        &s, "dev", "licence", "1", "{\"action\":\"deploy\",\"state\":\"applied\",\"version\":1}");
    assert_true(story_may(&s, FB_ACTION_DEPLOY));
    record(&s, "institute", "licence", "2",
        "{\"action\":\"deploy\",\"state\":\"refused\",\"version\":2}");
    assert_false(story_may(&s, FB_ACTION_DEPLOY));
    assert_true(story_may(&s, FB_ACTION_TRAIN));
    assert_true(says(
        licence(&s, FB_ACTION_DEPLOY)->why, "the licence to deploy is refused by party/institute"));
    record(&s, "institute", "licence", "3",
        "{\"action\":\"deploy\",\"state\":\"granted\",\"version\":3,\"valid_from\":\"2026-02-01\","
        "\"valid_until\":\"2026-03-01\"}");
    assert_false(story_may(&s, FB_ACTION_DEPLOY));
    story_at(&s, "2026-02-01T00:00:00Z");
    assert_true(story_may(&s, FB_ACTION_DEPLOY));
    /* An application does not undo what was granted. */
    record(
        &s, "dev", "licence", "4", "{\"action\":\"deploy\",\"state\":\"applied\",\"version\":4}");
    assert_true(story_may(&s, FB_ACTION_DEPLOY));
    story_at(&s, "2026-03-01T00:00:00Z");
    assert_false(story_may(&s, FB_ACTION_DEPLOY));
    story_end(&s);
}

/* The statement of a key's revocation, made from the record that declared it. */
static void revoke(struct story *s, const char *issuer, const char *party, const char *from)
{
    const struct fb_registry *registry = fb_docket_registry(s->docket);
    for (size_t i = 0; i < fb_registry_count(registry); i++) {
        const struct fb_record *key = fb_registry_at(registry, i);
        if (key->kind != FB_KIND_key || !fb_str_is(fb_record_text(key, "party"), party)) {
            continue;
        }
        char text[1024];
        snprintf(text, sizeof(text),
            "{\"kind\":\"key\",\"id\":\"%.*s/revoked\",\"supersedes\":\"%.*s\",\"at\":"
            "\"2026-01-01\",\"body\":{\"party\":\"%s\",\"public_key\":\"%.*s\",\"fingerprint\":"
            "\"%.*s\",\"revoked\":\"%s\",\"reason\":\"compromised\"}}",
            FB_STR_ARG(key->id), FB_STR_ARG(key->id), party,
            FB_STR_ARG(fb_record_text(key, "public_key")),
            FB_STR_ARG(fb_record_text(key, "fingerprint")), from);
        story_add(s, issuer, text);
        return;
    }
    fail_msg("no key of %s", party);
}

/* Revoking the key of an order does not end it; revoking one that a release needed brings the order
 * back; and what else a key signed since then holds no more. */
static void test_revoked_keys(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    struct fb_docket_party court = {
        .id = FB_STR("court"), .title = FB_STR("Court"), .role = FB_STR("regulator")};
    FB_TEST_OK(fb_docket_introduce(s.docket, &court, &err));
    story_at(&s, "2026-01-02T00:00:00Z");
    FB_TEST_OK(try_order(&s, "court", "1", "halt", 1, ""));
    FB_TEST_OK(try_order(&s, "institute", "2", "restrict", 1, ""));
    FB_TEST_OK(try_order(&s, "court", "3", "release", 2, ",\"releases\":\"order/2\""));
    record(&s, "court", "decision", "1",
        "{\"topic\":\"designation\",\"outcome\":\"granted\",\"reasons\":\"r\"}");
    const struct fb_picture *p = story_picture(&s, NULL);
    assert_true(p->orders[0].in_force && !p->orders[1].in_force);
    story_at(&s, "2026-01-05T00:00:00Z");
    revoke(&s, "institute", "party/court", "2026-01-01");
    p = story_picture(&s, NULL);
    assert_true(p->orders[0].in_force && p->orders[1].in_force);
    assert_true(says(p->orders[1].why, "keys that signed it were revoked"));
    const struct fb_registry *registry = fb_docket_registry(s.docket);
    const struct fb_record *decision = fb_registry_find(registry, FB_STR("decision/1"));
    assert_true(fb_registry_disowned(registry, decision) == story_time("2026-01-05"));
    /* As it was known before. */
    p = story_picture(&s, "2026-01-04");
    assert_true(p->orders[0].in_force && !p->orders[1].in_force);
    story_end(&s);
}

/* A receipt counts no more when the recipient's key turns out to have been stolen before it. */
static void test_receipt_of_stolen_key(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    struct fb_docket_party court = {
        .id = FB_STR("court"), .title = FB_STR("Court"), .role = FB_STR("regulator")};
    FB_TEST_OK(fb_docket_introduce(s.docket, &court, &err));
    story_add(&s, "institute",
        "policy \"d\"\n  title \"D\"\n  source \"t\"\n  version 1\n\n"
        "duty tell(S, I)\n  when incident I of system S, known to P\n  party P\n"
        "  must report I to \"court\" stage \"initial\"\n  within 10 days\n"
        "  of P knowing of I\n  lest halt S\n");
    story_at(&s, "2026-03-01T10:00:00Z");
    record(&s, "dev", "incident", "1",
        "{\"title\":\"t\",\"class\":\"death\",\"known_to\":\"party/dev\",\"known_at\":"
        "\"2026-03-01T09:00:00Z\"}");
    story_at(&s, "2026-03-12T00:00:00Z");
    record(&s, "dev", "report", "r",
        "{\"about\":\"incident/1\",\"to\":\"court\",\"stage\":\"initial\"}");
    story_at(&s, "2026-03-13T00:00:00Z");
    record(&s, "court", "decision", "got",
        "{\"topic\":\"receipt\",\"outcome\":\"noted\",\"reasons\":\"by post\","
        "\"about\":\"report/r\",\"valid_from\":\"2026-03-05\"}");
    const struct fb_obligation *tell = story_duty(&s, "tell", "incident/1");
    assert_int_equal(tell->status, FB_DUTY_MET);
    assert_true(tell->settled == story_time("2026-03-05"));
    story_at(&s, "2026-03-14T00:00:00Z");
    revoke(&s, "institute", "party/court", "2026-03-10");
    tell = story_duty(&s, "tell", "incident/1");
    assert_int_equal(tell->status, FB_DUTY_MET_LATE);
    assert_true(tell->breached == story_time("2026-03-11T09:00:00Z"));
    assert_true(tell->settled == story_time("2026-03-12"));
    /* As it was known before. */
    assert_int_equal(
        story_picture(&s, "2026-03-13T12:00:00Z")->duties[0].obligation.status, FB_DUTY_MET);
    story_end(&s);
}

/* A correction under a stolen key, and a correction of that, give nothing back that was taken: the
 * licence that was revoked stays revoked, and the policy that was replaced is in force. */
static void test_stolen_corrections(void **state)
{
    (void)state;
    struct story s;
    static const char policy[] = "policy \"p\"\n  title \"P\"\n  source \"t\"\n  version %d\n\n"
                                 "duty no(S)\n  when system S\n  party \"dev\"\n"
                                 "  may not deploy S\n%s";
    static const char empty[] = "  while not system S\n";
    char text[500];
    story_begin(&s);
    struct fb_docket_party court = {
        .id = FB_STR("court"), .title = FB_STR("Court"), .role = FB_STR("regulator")};
    FB_TEST_OK(fb_docket_introduce(s.docket, &court, &err));
    snprintf(text, sizeof(text), policy, 1, "");
    story_add(&s, "court", text);
    assert_int_equal(story_duty(&s, "no", "system/s")->status, FB_DUTY_HELD);
    record(&s, "institute", "licence", "1",
        "{\"action\":\"deploy\",\"state\":\"granted\",\"version\":1}");
    record(&s, "institute", "licence", "2",
        "{\"action\":\"deploy\",\"state\":\"revoked\",\"version\":2}");
    assert_false(story_may(&s, FB_ACTION_DEPLOY));
    story_at(&s, "2026-01-03T00:00:00Z");
    static const char *const steps[][2] = {{"2a", "2"}, {"2b", "2a"}};
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof(text),
            "{\"kind\":\"licence\",\"id\":\"licence/%s\",\"supersedes\":\"licence/%s\",\"at\":"
            "\"2026-01-01\",\"subject\":\"system/s\",\"body\":{\"action\":\"deploy\",\"state\":"
            "\"revoked\",\"version\":2,\"conditions\":\"c\"}}",
            steps[i][0], steps[i][1]);
        story_add(&s, "court", text);
    }
    snprintf(text, sizeof(text), policy, 2, empty);
    story_add(&s, "court", text);
    story_at(&s, "2026-01-05T00:00:00Z");
    revoke(&s, "institute", "party/court", "2026-01-02");
    /* The policy alone forbids it, and so does the licence alone. */
    assert_false(story_may(&s, FB_ACTION_DEPLOY));
    const struct fb_picture *p = story_picture(&s, NULL);
    bool by_licence = false;
    for (size_t i = 0; i < p->licence_count; i++) {
        by_licence = by_licence || says(p->licences[i].why, "the licence to deploy is revoked");
    }
    assert_true(by_licence);
    assert_int_equal(p->policies[0].force, FB_IN_FORCE);
    assert_int_equal(p->policies[1].force, FB_EXPIRED);
    assert_int_equal(story_duty(&s, "no", "system/s")->status, FB_DUTY_HELD);
    story_end(&s);
}

/* Policies speak of orders, audits and what is in force. */
static void test_facts(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    story_add(&s, "institute",
        "policy \"o\"\n  title \"O\"\n  source \"t\"\n  version 1\n\n"
        "duty answer(S, O)\n  when order O of system S with action halt\n  party \"dev\"\n"
        "  must evaluate S on \"cybench\"\n  within 10 days\n\n"
        "duty again(S, A)\n  when audit A of system S with result findings, valid_until U\n"
        "  party \"dev\"\n  must evaluate S on \"security\"\n  within 30 days\n\n"
        "duty still(S)\n  when order_in_force O of system S with action halt\n  party \"dev\"\n"
        "  may not deploy S\n\n"
        "duty look(S, D)\n  when deployment D of system S with autonomy >= 3, sector power_grid, "
        "overseers < 2\n  party \"dev\"\n  must evaluate S on \"oversight\"\n  within 5 days\n");
    order(&s, "1", "halt", 1, "");
    assert_int_equal(story_duty(&s, "answer", "order/1")->status, FB_DUTY_OWED);
    assert_int_equal(story_duty(&s, "still", "system/s")->status, FB_DUTY_HELD);
    record(&s, "lab", "audit", "1",
        "{\"party\":\"party/dev\",\"scope\":\"w\",\"method\":\"inspection\",\"result\":"
        "\"findings\",\"began\":\"2025-12-01\",\"ended\":\"2025-12-02\",\"valid_until\":"
        "\"2026-12-02\",\"findings\":2}");
    assert_int_equal(story_duty(&s, "again", "audit/1")->status, FB_DUTY_OWED);
    record(&s, "dev", "deployment", "1",
        "{\"scope\":\"external\",\"sector\":\"power_grid\",\"autonomy\":3,\"overseers\":1}");
    assert_int_equal(story_duty(&s, "look", "deployment/1")->status, FB_DUTY_OWED);
    assert_int_equal(story_duty(&s, "still", "system/s")->status, FB_DUTY_BROKEN);
    story_at(&s, "2026-01-05T00:00:00Z");
    order(&s, "2", "release", 2, ",\"releases\":\"order/1\"");
    story_at(&s, "2026-01-12T00:00:00Z");
    /* What the order asked is owed on; the prohibition held only while the halt did. */
    assert_int_equal(story_duty(&s, "answer", "order/1")->status, FB_DUTY_OVERDUE);
    story_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_restriction),
        cmocka_unit_test(test_secure), cmocka_unit_test(test_party_order),
        cmocka_unit_test(test_consequence_latches), cmocka_unit_test(test_consequence_at_pace),
        cmocka_unit_test(test_licences), cmocka_unit_test(test_revoked_keys),
        cmocka_unit_test(test_receipt_of_stolen_key), cmocka_unit_test(test_stolen_corrections),
        cmocka_unit_test(test_facts)};
    return cmocka_run_group_tests_name("orders", tests, NULL, NULL);
}
