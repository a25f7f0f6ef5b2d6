/*
 * Tests of src/record/admit.c, particular.c and quorum.c: who may say what of each kind, what a
 * correction keeps, and how many must sign.
 */
#include "fb_test.h"
#include "world.h"

#define SUBJECT_A "\"subject\":\"system/a\","
#define SUBJECT_B "\"subject\":\"system/b\","
#define EVALUATION                                                                                 \
    "{\"task\":\"cybench\",\"scorer\":\"m\",\"model\":\"m\",\"status\":\"success\",\"began\":"     \
    "\"2026-05-01\",\"ended\":\"2026-05-02\",\"samples\":10,\"succeeded_any\":1,"                  \
    "\"succeeded_all\":1,\"unresolved\":0}"
#define ORDER(action, version, more)                                                               \
    "{\"action\":\"" action "\",\"version\":" version ",\"reasons\":\"r\"" more "}"
#define LICENCE(state, version, more)                                                              \
    "{\"action\":\"deploy\",\"state\":\"" state "\",\"version\":" version more "}"
#define GRANT(state)                                                                               \
    "{\"party\":\"party/auditor\",\"form\":\"logits\",\"state\":\"" state                          \
    "\",\"valid_until\":\"2027-01-01\"}"
#define REVIEW(about, finding)                                                                     \
    "{\"about\":\"" about "\",\"finding\":\"" finding "\",\"reasons\":\"r\"}"

/* The usual world with a court and a senate (regulators), an evaluator and a witness; the witness
 * has the key SPARE, the evaluator STRANGER. */
static struct world full_world(void)
{
    struct world w = usual_world();
    static const struct {
        const char *name, *role;
        int key;
    } parties[] = {{"court", "regulator", COURT}, {"senate", "regulator", SENATE},
        {"lab", "evaluator", STRANGER}, {"person", "witness", SPARE}};
    for (size_t i = 0; i < 4; i++) {
        say_party(&w, parties[i].name, parties[i].role, "office", OFFICE);
        say_key(&w, parties[i].name, parties[i].key, "office", OFFICE);
    }
    return w;
}

/* One right record of each kind by each kind of issuer that may; and what is wrong in another. */
static void test_every_kind(void **state)
{
    (void)state;
    static const struct saying right[] = {
        {"dataset", "1", "aurora", SUBJECT_A, "{\"title\":\"D\",\"source\":\"web\"}", AURORA, 0,
            NULL},
        {"run", "1", "aurora", SUBJECT_A, "{\"title\":\"R\"}", AURORA, 0, NULL},
        {"cluster", "1", "aurora", NULL,
            "{\"title\":\"C\",\"owner\":\"party/aurora\",\"name\":\"c1\"}", AURORA, 0, NULL},
        {"usage", "1", "auditor", NULL,
            "{\"cluster\":\"c1\",\"job\":\"1\",\"job_name\":\"t\",\"run\":\"run/1\",\"state\":"
            "\"OK\",\"started\":\"2026-05-01T00:00:00Z\",\"ended\":\"2026-05-01T00:00:10Z\","
            "\"gpus\":1,\"gpu_seconds\":10}",
            AUDITOR, 0, NULL},
        {"deployment", "1", "office", SUBJECT_A, "{\"scope\":\"external\",\"sector\":\"military\"}",
            OFFICE, 0, NULL},
        {"evaluation", "1", "lab", SUBJECT_A, EVALUATION, STRANGER, 0, NULL},
        {"incident", "1", "person", SUBJECT_A,
            "{\"title\":\"I\",\"class\":\"death\",\"deployment\":\"deployment/1\",\"systems\":"
            "[\"system/b\"],\"keep_until\":\"2036-01-01\"}",
            SPARE, 0, NULL},
        {"report", "1", "aurora", SUBJECT_A,
            "{\"about\":\"incident/1\",\"to\":\"ai-office\",\"stage\":\"initial\",\"document\":"
            "\"sha256:" HEX64 "\"}",
            AURORA, 0, NULL},
        {"report", "2", "aurora", NULL,
            "{\"topic\":\"notification\",\"concerns\":\"run/1\",\"to\":\"ai-office\",\"stage\":"
            "\"initial\"}",
            AURORA, 0, NULL},
        {"measure", "1", "auditor", SUBJECT_A, "{\"name\":\"security\",\"level\":4}", AUDITOR, 0,
            NULL},
        {"audit", "1", "auditor", SUBJECT_A,
            "{\"party\":\"party/aurora\",\"scope\":\"w\",\"method\":\"red_team\",\"result\":"
            "\"passed\",\"began\":\"2026-05-01\",\"ended\":\"2026-05-09\",\"standard\":"
            "\"security\",\"level\":4,\"valid_until\":\"2027-05-09\"}",
            AUDITOR, 0, NULL},
        {"grant", "1", "auditor", SUBJECT_A, GRANT("requested"), AUDITOR, 0, NULL},
        {"grant", "2", "aurora", SUBJECT_A "\"supersedes\":\"grant/1\",", GRANT("granted"), AURORA,
            0, NULL},
        {"access", "1", "auditor", SUBJECT_A,
            "{\"grant\":\"grant/1\",\"honoured\":\"partial\",\"began\":\"2026-05-30\"}", AUDITOR, 0,
            NULL},
        {"review", "1", "office", NULL, REVIEW("evaluation/1", "upheld"), OFFICE, 0, NULL},
        {"licence", "1", "aurora", SUBJECT_A, LICENCE("applied", "1", ""), AURORA, 0, NULL},
        {"licence", "2", "office", SUBJECT_A,
            LICENCE("granted", "2", ",\"valid_until\":\"2027-06-01\""), OFFICE, 0, NULL},
        {"order", "1", "office", SUBJECT_A, ORDER("halt", "1", ""), OFFICE, 0, NULL},
        {"order", "2", "aurora", NULL, ORDER("restrict", "1", ",\"party\":\"party/aurora\""),
            AURORA, 0, NULL},
        {"budget", "1", "aurora", NULL,
            "{\"party\":\"party/aurora\",\"state\":\"planned\",\"valid_from\":\"2027-01-01\","
            "\"valid_until\":\"2028-01-01\"}",
            AURORA, 0, NULL},
        {"disclosure", "1", "person", NULL,
            "{\"party\":\"party/aurora\",\"class\":\"c\",\"channel\":\"regulator\",\"state\":"
            "\"received\",\"answer_by\":\"2026-09-01\"}",
            SPARE, 0, NULL},
        {"decision", "1", "office", SUBJECT_A,
            "{\"topic\":\"designation\",\"outcome\":\"granted\",\"reasons\":\"r\",\"about\":"
            "\"system/a\"}",
            OFFICE, 0, NULL},
        {"erasure", "1", "aurora", NULL, "{\"digest\":\"sha256:" HEX64 "\",\"reason\":\"r\"}",
            AURORA, 0, NULL},
    };
    struct world w = full_world();
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        must_say(&w, &right[i]);
        /* The same again is a duplicate, whatever the kind; and nobody says it for another. */
        must_refuse(&w, &(struct refusal){right[i], FB_E_DUPLICATE, "$.id"});
        struct saying other = right[i];
        other.name = "other";
        other.key = right[i].key == BOREALIS ? AURORA : BOREALIS;
        if (!strstr(right[i].rest ? right[i].rest : "", "supersedes") &&
            strcmp(right[i].kind, "licence") != 0) {
            must_refuse(&w, &(struct refusal){other, FB_E_SIGNATURE, "$.issuer"});
        }
    }
    fb_registry_free(w.registry);
}

static void test_wrong_roles(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {{"cluster", "x", "borealis", NULL,
             "{\"title\":\"C\",\"owner\":\"party/aurora\",\"name\":\"c1\"}", BOREALIS, 0, NULL},
            FB_E_ROLE, "$.body.owner"},
        {{"cluster", "x", "lab", NULL,
             "{\"title\":\"C\",\"owner\":\"party/aurora\",\"name\":\"c1\"}", STRANGER, 0, NULL},
            FB_E_ROLE, "$.issuer"},
        {{"audit", "x", "aurora", SUBJECT_A,
             "{\"party\":\"party/aurora\",\"scope\":\"w\",\"method\":\"red_team\",\"result\":"
             "\"passed\",\"began\":\"2026-05-01\",\"ended\":\"2026-05-09\"}",
             AURORA, 0, NULL},
            FB_E_ROLE, "$.issuer"},
        {{"grant", "x", "auditor", SUBJECT_A, GRANT("granted"), AUDITOR, 0, NULL}, FB_E_ROLE,
            "$.body.state"},
        {{"grant", "x", "borealis", SUBJECT_A, GRANT("granted"), BOREALIS, 0, NULL}, FB_E_ROLE,
            "$.subject"},
        {{"access", "x", "lab", SUBJECT_A,
             "{\"grant\":\"grant/1\",\"honoured\":\"full\",\"began\":\"2026-05-30\"}", STRANGER, 0,
             NULL},
            FB_E_ROLE, "$.issuer"},
        {{"access", "x", "auditor", SUBJECT_B,
             "{\"grant\":\"grant/1\",\"honoured\":\"full\",\"began\":\"2026-05-30\"}", AUDITOR, 0,
             NULL},
            FB_E_REFERENCE, "$.subject"},
        {{"licence", "x", "aurora", SUBJECT_A, LICENCE("granted", "1", ""), AURORA, 0, NULL},
            FB_E_ROLE, "$.body.state"},
        {{"licence", "x", "auditor", SUBJECT_A, LICENCE("granted", "1", ""), AUDITOR, 0, NULL},
            FB_E_ROLE, "$.issuer"},
        {{"order", "x", "auditor", SUBJECT_A, ORDER("halt", "1", ""), AUDITOR, 0, NULL}, FB_E_ROLE,
            "$.issuer"},
        {{"order", "x", "borealis", SUBJECT_A, ORDER("halt", "1", ""), BOREALIS, 0, NULL},
            FB_E_ROLE, "$.subject"},
        {{"order", "x", "borealis", NULL, ORDER("halt", "1", ",\"party\":\"party/aurora\""),
             BOREALIS, 0, NULL},
            FB_E_ROLE, "$.body.party"},
        {{"order", "x", "aurora", SUBJECT_A,
             ORDER("release", "9", ",\"duty\":\"duty:p/d:system/a\""), AURORA, 0, NULL},
            FB_E_ROLE, "$.issuer"},
        {{"budget", "x", "borealis", NULL,
             "{\"party\":\"party/aurora\",\"state\":\"actual\",\"valid_from\":\"2025-01-01\","
             "\"valid_until\":\"2026-01-01\"}",
             BOREALIS, 0, NULL},
            FB_E_ROLE, "$.body.party"},
        {{"disclosure", "x", "person", NULL,
             "{\"party\":\"party/aurora\",\"class\":\"c\",\"channel\":\"regulator\",\"state\":"
             "\"substantiated\"}",
             SPARE, 0, NULL},
            FB_E_ROLE, "$.body.state"},
        {{"erasure", "x", "person", NULL, "{\"digest\":\"sha256:" HEX64 "\",\"reason\":\"r\"}",
             SPARE, 0, NULL},
            FB_E_ROLE, "$.issuer"},
        /* reviews: not by who has a part in it */
        {{"review", "x", "lab", NULL, REVIEW("evaluation/1", "upheld"), STRANGER, 0, NULL},
            FB_E_ROLE, "$.issuer"},
        {{"review", "x", "office", NULL, REVIEW("evaluation/2", "rejected"), OFFICE, 0, NULL},
            FB_E_ROLE, "$.issuer"},
        {{"review", "x", "office", NULL, REVIEW("evaluation/1", "rejected"), OFFICE, 0, NULL},
            FB_E_ROLE, "$.issuer"},
        {{"review", "x", "court", SUBJECT_B, REVIEW("evaluation/1", "rejected"), COURT, 0, NULL},
            FB_E_REFERENCE, "$.subject"},
        {{"review", "x", "court", NULL, REVIEW("evaluation/9", "rejected"), COURT, 0, NULL},
            FB_E_REFERENCE, "$.body.about"},
        /* references in lists, and to any kind */
        {{"incident", "x", "aurora", SUBJECT_A,
             "{\"title\":\"I\",\"class\":\"c\",\"systems\":[\"system/b\",\"system/z\"]}", AURORA, 0,
             NULL},
            FB_E_REFERENCE, "$.body.systems[1]"},
        {{"decision", "x", "office", NULL,
             "{\"topic\":\"t\",\"outcome\":\"noted\",\"reasons\":\"r\",\"about\":\"run/z\"}",
             OFFICE, 0, NULL},
            FB_E_REFERENCE, "$.body.about"},
        {{"deployment", "x", "aurora", SUBJECT_A,
             "{\"scope\":\"internal\",\"started\":\"2026-07-01\"}", AURORA, 0, NULL},
            FB_E_TIME, "$.body.started"},
    };
    struct world w = full_world();
    must_say(
        &w, &(struct saying){"grant", "1", "aurora", SUBJECT_A, GRANT("granted"), AURORA, 0, NULL});
    must_say(
        &w, &(struct saying){"evaluation", "1", "lab", SUBJECT_A, EVALUATION, STRANGER, 0, NULL});
    must_say(
        &w, &(struct saying){"evaluation", "2", "office", SUBJECT_A, EVALUATION, OFFICE, 0, NULL});
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        must_refuse(&w, &refusals[i]);
    }
    fb_registry_free(w.registry);
}

/* The clocks of issuers may be a minute ahead, and no more. */
static void test_skew(void **state)
{
    (void)state;
    struct world w = usual_world();
    static const char *const body = "{\"title\":\"I\",\"class\":\"death\"}";
    must_say(&w, &(struct saying){"incident", "1", "aurora",
                     SUBJECT_A "\"at\":\"2026-06-01T00:01:00Z\",", body, AURORA, 0, NULL});
    must_refuse(&w, &(struct refusal){{"incident", "2", "aurora",
                                          SUBJECT_A "\"at\":\"2026-06-01T00:01:00.000001Z\",", body,
                                          AURORA, 0, NULL},
                        FB_E_TIME, "$.at"});
    fb_registry_free(w.registry);
}

/* A correction keeps what others rely on. */
static void test_corrections(void **state)
{
    (void)state;
    struct world w = full_world();
    must_say(&w, &(struct saying){"order", "1", "office", SUBJECT_A,
                     ORDER("halt", "1",
                         ",\"release_needs\":2,\"release_by\":[\"party/office\",\"party/court\"]"),
                     OFFICE, 0, NULL});
    must_say(&w, &(struct saying){"licence", "1", "office", SUBJECT_A, LICENCE("refused", "1", ""),
                     OFFICE, 0, NULL});
    must_say(
        &w, &(struct saying){"grant", "1", "aurora", SUBJECT_A, GRANT("granted"), AURORA, 0, NULL});
    static const char *const again = SUBJECT_A "\"supersedes\":\"order/1\",";
    const struct refusal refusals[] = {
        {{"order", "2", "office", again,
             ORDER("restrict", "1",
                 ",\"release_needs\":2,\"release_by\":[\"party/office\",\"party/court\"]"),
             OFFICE, 0, NULL},
            FB_E_REFERENCE, "$.body.action"},
        {{"order", "2", "office", again,
             ORDER("halt", "1",
                 ",\"release_needs\":1,\"release_by\":[\"party/office\",\"party/court\"]"),
             OFFICE, 0, NULL},
            FB_E_REFERENCE, "$.body.release_needs"},
        {{"order", "2", "office", again, ORDER("halt", "1", ""), OFFICE, 0, NULL}, FB_E_REFERENCE,
            "$.body"},
        {{"order", "2", "office", again,
             ORDER("halt", "1",
                 ",\"release_needs\":2,\"release_by\":[\"party/office\",\"party/senate\"]"),
             OFFICE, 0, NULL},
            FB_E_REFERENCE, "$.body.release_by"},
        {{"order", "2", "aurora", again,
             ORDER("halt", "1",
                 ",\"release_needs\":2,\"release_by\":[\"party/office\",\"party/court\"]"),
             AURORA, 0, NULL},
            FB_E_ROLE, "$.supersedes"},
        {{"licence", "2", "office", SUBJECT_A "\"supersedes\":\"licence/1\",",
             LICENCE("granted", "1", ""), OFFICE, 0, NULL},
            FB_E_REFERENCE, "$.body.state"},
        {{"grant", "2", "auditor", SUBJECT_A "\"supersedes\":\"grant/1\",", GRANT("requested"),
             AUDITOR, 0, NULL},
            FB_E_ROLE, "$.supersedes"},
    };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        must_refuse(&w, &refusals[i]);
    }
    must_say(&w, &(struct saying){"order", "2", "office", again,
                     ORDER("halt", "1",
                         ",\"basis\":\"Art. 93\",\"release_needs\":2,\"release_by\":"
                         "[\"party/office\",\"party/court\"]"),
                     OFFICE, 0, NULL});
    fb_registry_free(w.registry);
}

/* A party erases what is its own: not what others rest on, nor what they are about to file. */
static void test_erasures(void **state)
{
    (void)state;
    struct world w = full_world();
#define HEX63 "123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ERASE(digit) "{\"digest\":\"sha256:" digit HEX63 "\",\"reason\":\"r\"}"
#define DOCUMENT(digit) "\"document\":\"sha256:" digit HEX63 "\""
#define ISSUED(digit)                                                                              \
    "{\"topic\":\"t\",\"to\":\"ai-office\",\"stage\":\"final\"," DOCUMENT(digit) "}"
    must_say(&w, &(struct saying){"report", "1", "aurora", NULL, ISSUED("1"), AURORA, 0, NULL});
    must_say(&w, &(struct saying){"report", "2", "aurora", NULL, ISSUED("2"), AURORA, 0, NULL});
    must_say(&w, &(struct saying){"report", "3", "borealis", NULL, ISSUED("2"), BOREALIS, 0, NULL});
    must_say(&w, &(struct saying){"policy", "1", "office", NULL,
                     "{\"name\":\"p\",\"version\":1," DOCUMENT("3") "}", OFFICE, 0, NULL});
    static const struct refusal refusals[] = {
        {{"erasure", "x", "borealis", NULL, ERASE("1"), BOREALIS, 0, NULL}, FB_E_ROLE, "$.issuer"},
        {{"erasure", "x", "auditor", NULL, ERASE("1"), AUDITOR, 0, NULL}, FB_E_ROLE, "$.issuer"},
        {{"erasure", "x", "aurora", NULL, ERASE("2"), AURORA, 0, NULL}, FB_E_ROLE, "$.issuer"},
        {{"erasure", "x", "office", NULL, ERASE("3"), OFFICE, 0, NULL}, FB_E_REFERENCE,
            "$.body.digest"},
        {{"erasure", "x", "aurora", NULL, ERASE("4"), AURORA, 0, NULL}, FB_E_ROLE, "$.issuer"},
    };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        must_refuse(&w, &refusals[i]);
    }
    must_say(&w, &(struct saying){"erasure", "1", "aurora", NULL, ERASE("1"), AURORA, 0, NULL});
    must_say(&w, &(struct saying){"erasure", "2", "office", NULL, ERASE("2"), OFFICE, 0, NULL});
    must_say(&w, &(struct saying){"erasure", "3", "office", NULL, ERASE("4"), OFFICE, 0, NULL});
    fb_registry_free(w.registry);
}

/* No system descends from itself, by whichever way round. */
static void test_lineage(void **state)
{
    (void)state;
    struct world w = usual_world();
#define CHILD(parent, more)                                                                        \
    "{\"title\":\"C\",\"developer\":\"party/aurora\",\"derived_from\":\"system/" parent            \
    "\",\"derivation\":\"merging\"" more "}"
    must_say(&w, &(struct saying){"system", "c", "aurora", NULL,
                     CHILD("a", ",\"also_from\":[\"system/b\"]"), AURORA, 0, NULL});
    must_say(&w, &(struct saying){"system", "d", "aurora", NULL, CHILD("c", ""), AURORA, 0, NULL});
    const struct refusal refusals[] = {
        {{"system", "a2", "aurora", "\"supersedes\":\"system/a\",", CHILD("d", ""), AURORA, 0,
             NULL},
            FB_E_REFERENCE, "$.body.derived_from"},
        {{"system", "a2", "aurora", "\"supersedes\":\"system/a\",", CHILD("a", ""), AURORA, 0,
             NULL},
            FB_E_REFERENCE, "$.body.derived_from"},
        {{"system", "b2", "office", "\"supersedes\":\"system/b\",", CHILD("c", ""), OFFICE, 0,
             NULL},
            FB_E_REFERENCE, "$.body.derived_from"},
    };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        must_refuse(&w, &refusals[i]);
    }
    must_say(&w, &(struct saying){"system", "a2", "aurora", "\"supersedes\":\"system/a\",",
                     CHILD("b", ""), AURORA, 0, NULL});
    fb_registry_free(w.registry);
}

/* More ancestors than are followed: a line of them that a correction of the first would extend. */
static void test_lineage_limit(void **state)
{
    (void)state;
    struct world w = usual_world();
    char name[20], body[300];
    struct fb_err err;
    fb_err_init(&err);
    for (int i = 0; i < 1001; i++) {
        struct fb_buf statement, signatures[SIGNERS_MAX];
        struct fb_entry entry;
        snprintf(name, sizeof(name), "n%d", i);
        if (i == 0) {
            snprintf(body, sizeof(body), "{\"title\":\"N\",\"developer\":\"party/aurora\"}");
        } else {
            snprintf(body, sizeof(body),
                "{\"title\":\"N\",\"developer\":\"party/aurora\",\"derived_from\":\"system/n%d\","
                "\"derivation\":\"other\"}",
                i - 1);
        }
        const struct saying s = {"system", name, "aurora", NULL, body, AURORA, 0, NULL};
        make_entry(&s, w.now, &statement, signatures, &entry);
        FB_TEST_OK(fb_registry_load(
            w.registry, 10 + (uint64_t)i, &(struct fb_prepared){.entry = entry}, &err));
        free_entry(&statement, signatures);
    }
    must_refuse(&w, &(struct refusal){{"system", "a2", "aurora", "\"supersedes\":\"system/a\",",
                                          CHILD("n1000", ""), AURORA, 0, NULL},
                        FB_E_LIMIT, "$.body.derived_from"});
    must_say(&w, &(struct saying){"system", "a2", "aurora", "\"supersedes\":\"system/a\",",
                     CHILD("n999", ""), AURORA, 0, NULL});
    fb_registry_free(w.registry);
}

#define RELEASE(version) ORDER("release", version, ",\"releases\":\"order/1\"")

/* A halt that two of three must release. */
static void test_release(void **state)
{
    (void)state;
    struct world w = full_world();
    fb_time voided = 0;
    must_say(&w, &(struct saying){"order", "1", "office", SUBJECT_A,
                     ORDER("halt", "3",
                         ",\"release_needs\":2,\"release_by\":[\"party/office\",\"party/court\","
                         "\"party/senate\"]"),
                     OFFICE, 0, NULL});
    const struct fb_record *order = fb_registry_find(w.registry, FB_STR("order/1"));
    assert_null(fb_registry_release(w.registry, order, &voided));
    static const struct refusal refusals[] = {
        {{"order", "r", "office", SUBJECT_A, RELEASE("4"), OFFICE, 0, NULL}, FB_E_SIGNATURE, "$"},
        {{"order", "r", "office", SUBJECT_A, RELEASE("4"), OFFICE, AUDITOR, NULL}, FB_E_SIGNATURE,
            "$"},
        {{"order", "r", "office", SUBJECT_A, RELEASE("4"), OFFICE, AURORA, NULL}, FB_E_SIGNATURE,
            "$"},
        {{"order", "r", "office", SUBJECT_A, RELEASE("3"), OFFICE, COURT, NULL}, FB_E_MISMATCH,
            "$.body.version"},
        {{"order", "r", "office", SUBJECT_A, RELEASE("2"), OFFICE, COURT | SENATE << 4, NULL},
            FB_E_MISMATCH, "$.body.version"},
        {{"order", "r", "office", SUBJECT_B, RELEASE("4"), OFFICE, COURT, NULL}, FB_E_REFERENCE,
            "$.subject"},
        {{"order", "r", "office", NULL, RELEASE("4"), OFFICE, COURT, NULL}, FB_E_REFERENCE, "$"},
        {{"order", "r", "office", SUBJECT_A, ORDER("release", "4", ",\"releases\":\"order/9\""),
             OFFICE, COURT, NULL},
            FB_E_REFERENCE, "$.body.releases"},
    };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        must_refuse(&w, &refusals[i]);
    }
    /* The developer may ask for it, when enough of those who may have signed too. */
    must_say(&w, &(struct saying){"order", "r", "aurora", SUBJECT_A, RELEASE("4"), AURORA,
                     COURT | SENATE << 4, NULL});
    const struct fb_record *release = fb_registry_release(w.registry, order, &voided);
    assert_non_null(release);
    assert_true(fb_str_is(release->id, "order/r"));
    assert_true(voided == FB_TIME_MAX);
    must_refuse(&w,
        &(struct refusal){{"order", "r2", "office", SUBJECT_A, RELEASE("5"), OFFICE, COURT, NULL},
            FB_E_REFERENCE, "$.body.releases"});
    must_refuse(&w, &(struct refusal){{"order", "r2", "office", SUBJECT_A,
                                          ORDER("release", "5", ",\"releases\":\"order/r\""),
                                          OFFICE, COURT, NULL},
                        FB_E_REFERENCE, "$.body.releases"});
    fb_registry_free(w.registry);
}

/* Who may introduce parties and keys cannot make up the signers. */
static void test_made_up_signers(void **state)
{
    (void)state;
    struct world w = usual_world();
    say_party(&w, "court", "regulator", "office", OFFICE);
    say_key(&w, "court", COURT, "office", OFFICE);
    must_refuse(
        &w, &(struct refusal){{"order", "1", "office", SUBJECT_A,
                                  ORDER("halt", "1", ",\"release_needs\":3"), OFFICE, 0, NULL},
                FB_E_REFERENCE, "$.body.release_needs"});
    must_say(&w, &(struct saying){"order", "1", "office", SUBJECT_A,
                     ORDER("halt", "1", ",\"release_needs\":2"), OFFICE, 0, NULL});
    /* A new regulator, a second key of the office, and a key that the office declares for the
     * court, which then declares another: none of them counts. */
    say_party(&w, "puppet", "regulator", "office", OFFICE);
    say_key(&w, "puppet", STRANGER, "office", OFFICE);
    say_key(&w, "office", SPARE, "office", OFFICE);
    say_key(&w, "court", SENATE, "office", OFFICE);
    char body[1024];
    key_body("court", 9, "", body);
    must_say(&w, &(struct saying){"key", "court-9", "court", NULL, body, SENATE, 0, NULL});
    static const int others[] = {STRANGER, SPARE, SENATE, 9, STRANGER | SPARE << 4};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        must_refuse(&w, &(struct refusal){{"order", "r", "office", SUBJECT_A, RELEASE("2"), OFFICE,
                                              others[i], NULL},
                            FB_E_SIGNATURE, "$"});
    }
    /* A key that the court itself declared under its old one does. */
    key_body("court", 10, "", body);
    must_say(&w, &(struct saying){"key", "court-10", "court", NULL, body, COURT, 0, NULL});
    must_say(
        &w, &(struct saying){"order", "r", "office", SUBJECT_A, RELEASE("2"), OFFICE, 10, NULL});
    fb_registry_free(w.registry);
}

/* A party that becomes a regulator after the order is no more one of its signers than a party that
 * comes after it: who may correct parties could make regulators of them. */
static void test_made_up_roles(void **state)
{
    (void)state;
    struct world w = bare_world();
    char body[1024];
    say_party(&w, "keeper", "operator", "keeper", SPARE);
    say_key(&w, "keeper", SPARE, "keeper", SPARE);
    say_party(&w, "office", "regulator", "keeper", SPARE);
    say_key(&w, "office", OFFICE, "keeper", SPARE);
    say_party(&w, "aurora", "developer", "keeper", SPARE);
    say_key(&w, "aurora", AURORA, "keeper", SPARE);
    must_say(&w, &(struct saying){"system", "a", "aurora", NULL,
                     "{\"title\":\"A\",\"developer\":\"party/aurora\"}", AURORA, 0, NULL});
    must_say(&w, &(struct saying){
                     "order", "1", "office", SUBJECT_A, ORDER("halt", "1", ""), OFFICE, 0, NULL});
    must_say(&w, &(struct saying){"licence", "1", "office", SUBJECT_A, LICENCE("refused", "1", ""),
                     OFFICE, 0, NULL});
    static const struct {
        const char *name;
        int key;
    } made[] = {{"keeper", SPARE}, {"aurora", AURORA}};
    for (size_t i = 0; i < 2; i++) {
        char name[40], rest[100];
        snprintf(name, sizeof(name), "%s-2", made[i].name);
        snprintf(rest, sizeof(rest), "\"supersedes\":\"party/%s\",", made[i].name);
        snprintf(body, sizeof(body), "{\"title\":\"%s\",\"role\":\"regulator\"}", made[i].name);
        must_say(&w, &(struct saying){"party", name, "office", rest, body, OFFICE, 0, NULL});
        must_refuse(&w, &(struct refusal){{"order", "r", made[i].name, SUBJECT_A, RELEASE("2"),
                                              made[i].key, 0, NULL},
                            FB_E_SIGNATURE, "$"});
        must_refuse(&w, &(struct refusal){{"licence", "2", made[i].name, SUBJECT_A,
                                              LICENCE("granted", "2", ""), made[i].key, 0, NULL},
                            FB_E_SIGNATURE, "$"});
    }
    /* Nor is one that is no regulator any more. */
    must_say(&w, &(struct saying){"party", "office-2", "keeper", "\"supersedes\":\"party/office\",",
                     "{\"title\":\"O\",\"role\":\"operator\"}", SPARE, 0, NULL});
    must_refuse(&w,
        &(struct refusal){{"order", "r", "keeper", SUBJECT_A, RELEASE("2"), SPARE, OFFICE, NULL},
            FB_E_SIGNATURE, "$"});
    must_say(
        &w, &(struct saying){"party", "office-3", "keeper", "\"supersedes\":\"party/office-2\",",
                "{\"title\":\"O\",\"role\":\"regulator\"}", SPARE, 0, NULL});
    must_say(
        &w, &(struct saying){"order", "r", "office", SUBJECT_A, RELEASE("2"), OFFICE, 0, NULL});
    fb_registry_free(w.registry);
}

/* An operator that keeps a docket introduces its first regulator, with a key. From then on it makes
 * none, changes none, and declares no key for one. */
static void test_regulators(void **state)
{
    (void)state;
    struct world w = bare_world();
    char key[1024], again[1024];
    static const char regulator[] = "{\"title\":\"R\",\"role\":\"regulator\"}";
    static const char operator[] = "{\"title\":\"O\",\"role\":\"operator\"}";
    say_party(&w, "keeper", "operator", "keeper", SPARE);
    say_key(&w, "keeper", SPARE, "keeper", SPARE);
    say_party(&w, "aide", "operator", "keeper", SPARE);
    say_key(&w, "aide", AURORA, "keeper", SPARE);
    say_party(&w, "office", "regulator", "keeper", SPARE);
    key_body("office", STRANGER, "", key);
    struct refusal refusals[] = {
        {{"party", "court", "keeper", NULL, regulator, SPARE, 0, NULL}, FB_E_ROLE, "$.issuer"},
        {{"party", "aide-2", "keeper", "\"supersedes\":\"party/aide\",", regulator, SPARE, 0, NULL},
            FB_E_ROLE, "$.issuer"},
        {{"party", "office-2", "keeper", "\"supersedes\":\"party/office\",", operator, SPARE, 0,
             NULL},
            FB_E_ROLE, "$.issuer"},
        {{"key", "office-x", "aide", NULL, key, AURORA, 0, NULL}, FB_E_ROLE, "$.issuer"},
        /* From here on after its first key. */
        {{"key", "office-x", "keeper", NULL, key, SPARE, 0, NULL}, FB_E_ROLE, "$.issuer"},
        {{"key", "office-x", "keeper", "\"supersedes\":\"key/office-1\",", key, SPARE, 0, NULL},
            FB_E_ROLE, "$.issuer"},
    };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (i == 4) {
            say_key(&w, "office", OFFICE, "keeper", SPARE);
        }
        must_refuse(&w, &refusals[i]);
    }
    /* A regulator may: itself, another one, its keys. */
    must_say(&w, &(struct saying){"key", "office-x", "office", NULL, key, OFFICE, 0, NULL});
    say_party(&w, "court", "regulator", "office", OFFICE);
    say_key(&w, "court", COURT, "office", OFFICE);
    key_body("court", SENATE, "", again);
    must_say(&w, &(struct saying){"key", "court-x", "office", "\"supersedes\":\"key/court-7\",",
                     again, OFFICE, 0, NULL});
    must_say(&w, &(struct saying){"party", "office-2", "court",
                     "\"supersedes\":\"party/office\",", operator, SENATE, 0, NULL});
    /* One that is none any more makes none, though there is no other but the court. */
    must_refuse(
        &w, &(struct refusal){{"party", "third", "office", NULL, regulator, OFFICE, 0, NULL},
                FB_E_ROLE, "$.issuer"});
    say_party(&w, "lab", "evaluator", "keeper", SPARE); /* others it introduces as before */
    say_key(&w, "lab", BOREALIS, "keeper", SPARE);
    fb_registry_free(w.registry);
}

/* What is signed for one docket is refused by another. */
static void test_docket(void **state)
{
    (void)state;
    struct world w = usual_world();
    struct fb_err err;
    fb_err_init(&err);
    struct saying other = {"incident", "1", "aurora", SUBJECT_A "\"docket\":\"example.org/b\",",
        INCIDENT, AURORA, 0, NULL};
    struct saying own = {"incident", "2", "aurora", SUBJECT_A "\"docket\":\"example.org/a\",",
        INCIDENT, AURORA, 0, NULL};
    struct saying any = {"incident", "3", "aurora", SUBJECT_A, INCIDENT, AURORA, 0, NULL};
    FB_TEST_OK(fb_registry_origin(w.registry, FB_STR("example.org/a"), &err));
    must_refuse(&w, &(struct refusal){other, FB_E_MISMATCH, "$.docket"});
    must_say(&w, &own);
    must_say(&w, &any);
    assert_true(
        fb_str_is(fb_registry_find(w.registry, FB_STR("incident/2"))->docket, "example.org/a"));
    fb_registry_free(w.registry);
}

/* Of a developer's own order the developer is who releases it. */
static void test_own_order(void **state)
{
    (void)state;
    struct world w = full_world();
    must_say(&w, &(struct saying){
                     "order", "1", "aurora", SUBJECT_A, ORDER("halt", "1", ""), AURORA, 0, NULL});
    must_refuse(
        &w, &(struct refusal){{"order", "r", "office", SUBJECT_A, RELEASE("2"), OFFICE, 0, NULL},
                FB_E_SIGNATURE, "$"});
    must_say(
        &w, &(struct saying){"order", "r", "aurora", SUBJECT_A, RELEASE("2"), AURORA, 0, NULL});
    fb_registry_free(w.registry);
}

static void test_licence(void **state)
{
    (void)state;
    struct world w = full_world();
    must_say(&w, &(struct saying){"licence", "1", "office", SUBJECT_A,
                     LICENCE("refused", "1", ",\"change_needs\":2"), OFFICE, 0, NULL});
    static const struct refusal refusals[] = {
        {{"licence", "x", "office", SUBJECT_A, LICENCE("granted", "1", ""), OFFICE, COURT, NULL},
            FB_E_MISMATCH, "$.body.version"},
        {{"licence", "x", "office", SUBJECT_A, LICENCE("granted", "2", ""), OFFICE, 0, NULL},
            FB_E_SIGNATURE, "$"},
        {{"licence", "x", "office", SUBJECT_A, LICENCE("granted", "2", ""), OFFICE, AUDITOR, NULL},
            FB_E_SIGNATURE, "$"},
    };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        must_refuse(&w, &refusals[i]);
    }
    /* An application needs no authority, and changes nothing that the next version needs. */
    must_say(&w, &(struct saying){"licence", "2", "aurora", SUBJECT_A, LICENCE("applied", "2", ""),
                     AURORA, 0, NULL});
    must_refuse(&w, &(struct refusal){{"licence", "x", "office", SUBJECT_A,
                                          LICENCE("granted", "3", ""), OFFICE, 0, NULL},
                        FB_E_SIGNATURE, "$"});
    must_say(&w, &(struct saying){"licence", "3", "office", SUBJECT_A, LICENCE("granted", "3", ""),
                     OFFICE, SENATE, NULL});
    /* What it allows is not widened by a correction that fewer sign. */
    must_say(&w, &(struct saying){"licence", "4", "office", SUBJECT_A,
                     LICENCE("granted", "4", ",\"change_needs\":2"), OFFICE, 0, NULL});
#define WIDER                                                                                      \
    SUBJECT_A "\"supersedes\":\"licence/4\",",                                                     \
        LICENCE("granted", "4", ",\"change_needs\":2,\"valid_until\":\"2099-01-01\"")
    must_refuse(&w, &(struct refusal){
                        {"licence", "4a", "office", WIDER, OFFICE, 0, NULL}, FB_E_SIGNATURE, "$"});
    must_say(&w, &(struct saying){"licence", "4a", "office", WIDER, OFFICE, COURT, NULL});
    /* Nor does a correction of what is past take its place. */
    must_say(
        &w, &(struct saying){"licence", "3a", "office", SUBJECT_A "\"supersedes\":\"licence/3\",",
                LICENCE("granted", "3", ",\"conditions\":\"c\""), OFFICE, COURT, NULL});
    must_refuse(&w, &(struct refusal){{"licence", "x", "office", SUBJECT_A,
                                          LICENCE("granted", "5", ""), OFFICE, 0, NULL},
                        FB_E_SIGNATURE, "$"});
    /* Another system, and another action, are other licences. */
    must_say(&w, &(struct saying){"licence", "b", "office", SUBJECT_B, LICENCE("granted", "1", ""),
                     OFFICE, 0, NULL});
    fb_registry_free(w.registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_kind),
        cmocka_unit_test(test_wrong_roles), cmocka_unit_test(test_skew),
        cmocka_unit_test(test_corrections), cmocka_unit_test(test_erasures),
        cmocka_unit_test(test_lineage), cmocka_unit_test(test_lineage_limit),
        cmocka_unit_test(test_release), cmocka_unit_test(test_made_up_signers),
        cmocka_unit_test(test_made_up_roles), cmocka_unit_test(test_regulators),
        cmocka_unit_test(test_docket), cmocka_unit_test(test_own_order),
        cmocka_unit_test(test_licence)};
    return cmocka_run_group_tests_name("admission", tests, NULL, NULL);
}
