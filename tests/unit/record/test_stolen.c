/*
 * Tests of what a stolen key leaves behind once it is revoked from before: admit.c, signers.c and
 * quorum.c. What it signed does not count, nor what rests on that; what others said does.
 */
#include "fb_test.h"
#include "world.h"

#define SUBJECT_B "\"subject\":\"system/b\","
#define LICENCE(state, version, more)                                                              \
    "{\"action\":\"deploy\",\"state\":\"" state "\",\"version\":" version more "}"
#define ORDER(action, version, more)                                                               \
    "{\"action\":\"" action "\",\"version\":" version ",\"reasons\":\"r\"" more "}"

enum { NEXT = 11 /**< a key that comes later */ };

static bool counts(const struct world *w, const char *id)
{
    const struct fb_record *record = fb_registry_find(w->registry, fb_str_of(id));
    assert_non_null(record);
    return fb_registry_disowned(w->registry, record) == FB_TIME_MAX;
}

/* The usual world with two more regulators, a day later. */
static struct world three_regulators(void)
{
    struct world w = usual_world();
    say_party(&w, "court", "regulator", "office", OFFICE);
    say_key(&w, "court", COURT, "office", OFFICE);
    say_party(&w, "senate", "regulator", "office", OFFICE);
    say_key(&w, "senate", SENATE, "office", OFFICE);
    w.now += FB_DAY;
    return w;
}

/* The record of a party's key that was declared first. */
static const struct fb_record *first_key(const struct world *w, const char *party)
{
    for (size_t i = 0; i < fb_registry_count(w->registry); i++) {
        const struct fb_record *record = fb_registry_at(w->registry, i);
        if (record->kind == FB_KIND_key && fb_str_is(fb_record_text(record, "party"), party)) {
            return record;
        }
    }
    fail_msg("no key of %s", party);
    return NULL;
}

/* A regulator revokes somebody's key from an instant on; what is superseded is the chain's last. */
static void revoke(struct world *w, const char *party, int who, fb_time from, const char *name)
{
    char rest[200], more[100], body[1024], when[FB_TIME_TEXT], id[40];
    snprintf(id, sizeof(id), "party/%s", party);
    const struct fb_record *head = first_key(w, id), *next;
    while ((next = fb_registry_successor(w->registry, head)) != NULL) {
        head = next;
    }
    snprintf(rest, sizeof(rest), "\"supersedes\":\"%.*s\",", FB_STR_ARG(head->id));
    snprintf(more, sizeof(more), ",\"revoked\":\"%s\",\"reason\":\"compromised\"",
        fb_time_format(from, when));
    key_body(party, who, more, body);
    must_say(w, &(struct saying){"key", name, "office", rest, body, OFFICE, 0, NULL});
}

/* That a key was stolen is found out after it was replaced: what it signed falls, and the key that
 * replaced it goes on. */
static void test_rotated(void **state)
{
    (void)state;
    struct world w = three_regulators();
    char next[1024], rest[100];
    key_body("aurora", NEXT, "", next);
    fb_time theft = w.now;
    must_say(
        &w, &(struct saying){"incident", "old", "aurora", SUBJECT_A, INCIDENT, AURORA, 0, NULL});
    w.now += FB_DAY;
    const struct fb_record *key = first_key(&w, "party/aurora");
    snprintf(rest, sizeof(rest), "\"supersedes\":\"%.*s\",", FB_STR_ARG(key->id));
    must_say(&w, &(struct saying){"key", "next", "office", rest, next, OFFICE, 0, NULL});
    must_say(&w, &(struct saying){"incident", "new", "aurora", SUBJECT_A, INCIDENT, NEXT, 0, NULL});
    w.now += FB_DAY;
    revoke(&w, "aurora", AURORA, theft, "late");
    assert_false(counts(&w, "incident/old"));
    assert_true(counts(&w, "incident/new"));
    assert_true(counts(&w, "key/next"));
    must_say(
        &w, &(struct saying){"incident", "more", "aurora", SUBJECT_A, INCIDENT, NEXT, 0, NULL});
    must_refuse(
        &w, &(struct refusal){{"incident", "x", "aurora", SUBJECT_A, INCIDENT, AURORA, 0, NULL},
                FB_E_SIGNATURE, "$.issuer"});
    /* It stays revoked; and the chain goes on, from the revocation. */
    char again[1024];
    key_body("aurora", AURORA, "", again);
    must_refuse(&w, &(struct refusal){{"key", "again", "aurora", "\"supersedes\":\"key/late\",",
                                          again, NEXT, 0, NULL},
                        FB_E_REFERENCE, "$.body"});
    key_body("aurora", SPARE, "", again);
    must_say(&w, &(struct saying){"key", "third", "aurora", "\"supersedes\":\"key/late\",", again,
                     NEXT, 0, NULL});
    must_refuse(
        &w, &(struct refusal){{"incident", "y", "aurora", SUBJECT_A, INCIDENT, NEXT, 0, NULL},
                FB_E_SIGNATURE, "$.issuer"});
    must_say(&w, &(struct saying){"incident", "z", "aurora", SUBJECT_A, INCIDENT, SPARE, 0, NULL});
    fb_registry_free(w.registry);
}

/* Neither a date ahead nor a second revocation puts an old key in the place of the one that holds.
 */
static void test_late_takes_no_place(void **state)
{
    (void)state;
    struct world w = three_regulators();
    char next[1024], rest[100];
    key_body("aurora", NEXT, "", next);
    const struct fb_record *key = first_key(&w, "party/aurora");
    snprintf(rest, sizeof(rest), "\"supersedes\":\"%.*s\",", FB_STR_ARG(key->id));
    must_say(&w, &(struct saying){"key", "next", "office", rest, next, OFFICE, 0, NULL});
    w.now += FB_DAY;
    fb_time dates[] = {w.now + 5 * FB_DAY, w.now + 2 * FB_DAY, w.now - FB_DAY};
    for (size_t i = 0; i < 3; i++) {
        char name[8], id[40];
        snprintf(name, sizeof(name), "late%zu", i);
        snprintf(id, sizeof(id), "new%zu", i);
        revoke(&w, "aurora", AURORA, dates[i], name);
        must_refuse(
            &w, &(struct refusal){{"incident", "x", "aurora", SUBJECT_A, INCIDENT, AURORA, 0, NULL},
                    FB_E_SIGNATURE, "$.issuer"});
        must_say(
            &w, &(struct saying){"incident", id, "aurora", SUBJECT_A, INCIDENT, NEXT, 0, NULL});
    }
    struct fb_buf list;
    struct fb_err err;
    fb_err_init(&err);
    fb_buf_init(&list, 1 << 16);
    FB_TEST_OK(fb_registry_revoked_keys(w.registry, &list, &err));
    struct fb_str line = fb_record_text(first_key(&w, "party/aurora"), "public_key");
    assert_int_equal(list.len, line.len + 1);
    assert_memory_equal(list.ptr, line.ptr, line.len);
    fb_buf_release(&list);
    fb_registry_free(w.registry);
}

/* The thief rotates the key: what the new one signed falls with it. */
static void test_rotated_by_thief(void **state)
{
    (void)state;
    struct world w = three_regulators();
    char next[1024], rest[100];
    key_body("aurora", NEXT, "", next);
    fb_time theft = w.now;
    const struct fb_record *key = first_key(&w, "party/aurora");
    snprintf(rest, sizeof(rest), "\"supersedes\":\"%.*s\",", FB_STR_ARG(key->id));
    must_say(&w, &(struct saying){"key", "next", "aurora", rest, next, AURORA, 0, NULL});
    must_say(&w, &(struct saying){"incident", "new", "aurora", SUBJECT_A, INCIDENT, NEXT, 0, NULL});
    w.now += FB_DAY;
    revoke(&w, "aurora", AURORA, theft, "late");
    assert_false(counts(&w, "key/next"));
    assert_false(counts(&w, "incident/new"));
    must_refuse(
        &w, &(struct refusal){{"incident", "x", "aurora", SUBJECT_A, INCIDENT, NEXT, 0, NULL},
                FB_E_SIGNATURE, "$.issuer"});
    fb_registry_free(w.registry);
}

/* An application binds nobody, however high its number, and no number shuts the way. */
static void test_versions(void **state)
{
    (void)state;
    struct world w = three_regulators();
    must_say(&w, &(struct saying){"licence", "1", "office", SUBJECT_A, LICENCE("granted", "1", ""),
                     OFFICE, 0, NULL});
    must_refuse(
        &w, &(struct refusal){{"licence", "a", "aurora", SUBJECT_A,
                                  LICENCE("applied", "9007199254740992", ""), AURORA, 0, NULL},
                FB_E_RANGE, "$.body.version"});
    must_refuse(&w, &(struct refusal){{"licence", "a", "aurora", SUBJECT_A,
                                          LICENCE("applied", "1000002", ""), AURORA, 0, NULL},
                        FB_E_RANGE, "$.body.version"});
    must_say(&w, &(struct saying){"licence", "a", "aurora", SUBJECT_A,
                     LICENCE("applied", "1000001", ""), AURORA, 0, NULL});
    must_say(&w, &(struct saying){"licence", "2", "office", SUBJECT_A, LICENCE("revoked", "2", ""),
                     OFFICE, 0, NULL});
    must_refuse(&w, &(struct refusal){{"order", "1", "aurora", SUBJECT_A,
                                          ORDER("halt", "9007199254740992", ""), AURORA, 0, NULL},
                        FB_E_RANGE, "$.body.version"});
    must_say(&w, &(struct saying){"order", "1", "aurora", SUBJECT_A, ORDER("halt", "1000000", ""),
                     AURORA, 0, NULL});
    must_say(&w, &(struct saying){"order", "r", "aurora", SUBJECT_A,
                     ORDER("release", "1000001", ",\"releases\":\"order/1\""), AURORA, 0, NULL});
    fb_registry_free(w.registry);
}

/* What nobody could sign is not asked for. */
static void test_needs(void **state)
{
    (void)state;
    struct world w = three_regulators();
    must_refuse(
        &w, &(struct refusal){{"licence", "1", "office", SUBJECT_A,
                                  LICENCE("granted", "1", ",\"change_needs\":4"), OFFICE, 0, NULL},
                FB_E_REFERENCE, "$.body.change_needs"});
    must_say(&w, &(struct saying){"licence", "1", "office", SUBJECT_A,
                     LICENCE("granted", "1", ",\"change_needs\":3"), OFFICE, 0, NULL});
    fb_registry_free(w.registry);
}

/* A stolen key of a regulator makes a regulator of a developer, who signs with a key of its own.
 * What it said in that role falls with the role, and what it says of itself stays. */
static void test_role(void **state)
{
    (void)state;
    struct world w = three_regulators();
    fb_time theft = w.now;
    must_say(
        &w, &(struct saying){"party", "borealis-2", "court", "\"supersedes\":\"party/borealis\",",
                "{\"title\":\"B\",\"role\":\"regulator\"}", COURT, 0, NULL});
    w.now += FB_DAY;
    must_say(&w, &(struct saying){"licence", "b", "borealis", SUBJECT_B,
                     LICENCE("granted", "1", ""), BOREALIS, 0, NULL});
    must_say(&w, &(struct saying){"party", "puppet", "borealis", NULL,
                     "{\"title\":\"P\",\"role\":\"regulator\"}", BOREALIS, 0, NULL});
    must_say(
        &w, &(struct saying){"incident", "b", "borealis", SUBJECT_B, INCIDENT, BOREALIS, 0, NULL});
    must_say(&w, &(struct saying){"system", "a-2", "borealis", "\"supersedes\":\"system/a\",",
                     "{\"title\":\"A\",\"developer\":\"party/borealis\"}", BOREALIS, 0, NULL});
    w.now += FB_DAY;
    revoke(&w, "court", COURT, theft, "court-revoked");
    assert_false(counts(&w, "party/borealis-2"));
    assert_false(counts(&w, "licence/b"));
    assert_false(counts(&w, "party/puppet"));
    assert_false(counts(&w, "system/a-2"));
    assert_true(counts(&w, "incident/b"));
    must_refuse(&w, &(struct refusal){{"licence", "c", "borealis", SUBJECT_B,
                                          LICENCE("granted", "2", ""), BOREALIS, 0, NULL},
                        FB_E_ROLE, "$.body.state"});
    must_refuse(
        &w, &(struct refusal){{"party", "p2", "borealis", NULL,
                                  "{\"title\":\"P\",\"role\":\"developer\"}", BOREALIS, 0, NULL},
                FB_E_ROLE, "$.issuer"});
    /* System a is aurora's as before; and no version of the forged licence is to be overtaken. */
    must_say(&w, &(struct saying){"licence", "a", "aurora", SUBJECT_A, LICENCE("applied", "1", ""),
                     AURORA, 0, NULL});
    must_say(&w, &(struct saying){"licence", "c", "office", SUBJECT_B, LICENCE("refused", "1", ""),
                     OFFICE, 0, NULL});
    fb_registry_free(w.registry);
}

/* A licence that took two signatures falls when one of them does; and a forged one asks for
 * nothing. */
static void test_licence_quorum(void **state)
{
    (void)state;
    struct world w = three_regulators();
    must_say(&w, &(struct saying){"licence", "1", "office", SUBJECT_A,
                     LICENCE("refused", "1", ",\"change_needs\":2"), OFFICE, 0, NULL});
    w.now += FB_DAY;
    fb_time theft = w.now;
    must_say(&w, &(struct saying){"licence", "2", "office", SUBJECT_A, LICENCE("granted", "2", ""),
                     OFFICE, COURT, NULL});
    must_say(&w, &(struct saying){"licence", "b", "court", SUBJECT_B,
                     LICENCE("granted", "1", ",\"change_needs\":3"), COURT, 0, NULL});
    w.now += FB_DAY;
    revoke(&w, "court", COURT, theft, "court-revoked");
    assert_false(counts(&w, "licence/2"));
    assert_false(counts(&w, "licence/b"));
    must_say(&w, &(struct saying){"licence", "b2", "office", SUBJECT_B, LICENCE("refused", "1", ""),
                     OFFICE, 0, NULL});
    /* What the first one asked is asked again. */
    must_refuse(&w, &(struct refusal){{"licence", "3", "office", SUBJECT_A,
                                          LICENCE("granted", "2", ""), OFFICE, 0, NULL},
                        FB_E_SIGNATURE, "$"});
    must_say(&w, &(struct saying){"licence", "3", "office", SUBJECT_A, LICENCE("granted", "2", ""),
                     OFFICE, SENATE, NULL});
    fb_registry_free(w.registry);
}

/* A grant falls with the key that signed it; that it was used is still said, on the system
 * that it was for. */
static void test_used_grant(void **state)
{
    (void)state;
    struct world w = three_regulators();
    static const char grant[] =
        "{\"party\":\"party/auditor\",\"form\":\"query\",\"valid_until\":\"2027-01-01\",\"state\":"
        "\"granted\"}";
    static const char use[] = "{\"grant\":\"grant/g\",\"honoured\":\"refused\",\"began\":"
                              "\"2026-06-01\"}";
    fb_time theft = w.now;
    must_say(&w, &(struct saying){"grant", "g", "aurora", SUBJECT_A, grant, AURORA, 0, NULL});
    w.now += FB_DAY;
    revoke(&w, "aurora", AURORA, theft, "stolen");
    assert_false(counts(&w, "grant/g"));
    must_refuse(&w, &(struct refusal){{"access", "u", "auditor", SUBJECT_B, use, AUDITOR, 0, NULL},
                        FB_E_REFERENCE, "$.subject"});
    must_say(&w, &(struct saying){"access", "u", "auditor", SUBJECT_A, use, AUDITOR, 0, NULL});
    fb_registry_free(w.registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rotated),
        cmocka_unit_test(test_late_takes_no_place), cmocka_unit_test(test_rotated_by_thief),
        cmocka_unit_test(test_versions), cmocka_unit_test(test_needs), cmocka_unit_test(test_role),
        cmocka_unit_test(test_licence_quorum), cmocka_unit_test(test_used_grant)};
    return cmocka_run_group_tests_name("stolen keys", tests, NULL, NULL);
}
