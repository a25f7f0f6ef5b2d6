/* Tests of src/record/registry.c, admit.c and signers.c. */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "fb_test.h"
#include "world.h"

static void test_lookup(void **state)
{
    (void)state;
    struct world w = usual_world();
    const struct fb_record *record = fb_registry_find(w.registry, FB_STR("system/b"));
    assert_ptr_equal(record, fb_registry_at(w.registry, 9));
    assert_int_equal(record->seq, 9);
    assert_int_equal(record->admitted, w.now);
    assert_int_equal(record->kind, FB_KIND_system);
    struct fb_sshkey_secret secret;
    char fingerprint[FB_SSHKEY_FINGERPRINT];
    secret_of(BOREALIS, &secret);
    assert_true(fb_str_is(record->signer, fb_sshkey_fingerprint(&secret.key, fingerprint)));
    assert_null(fb_registry_find(w.registry, FB_STR("system/c")));
    assert_null(fb_registry_find(w.registry, FB_STR("")));
    assert_null(fb_registry_successor(w.registry, record));
    assert_ptr_equal(fb_registry_system_of_model(w.registry, FB_STR("m/b")), record);
    assert_null(fb_registry_system_of_model(w.registry, FB_STR("m/c")));
    fb_registry_free(w.registry);
    fb_registry_free(NULL);
}

static void test_bootstrap(void **state)
{
    (void)state;
    static const char *const party = "{\"title\":\"O\",\"role\":\"developer\"}";
    char own[1024], other[1024], expired[1024], early[1024], foreign[1024];
    key_body("office", OFFICE, "", own);
    key_body("office", STRANGER, "", other);
    key_body("office", OFFICE, ",\"valid_until\":\"2026-06-01\"", expired);
    key_body("office", OFFICE, ",\"valid_from\":\"2026-06-01T00:00:01Z\"", early);
    key_body("aurora", OFFICE, "", foreign);
    const struct refusal before[] = {
        {{"incident", "1", "office", SUBJECT_A, INCIDENT, OFFICE, 0, NULL}, FB_E_REFERENCE,
            "$.kind"},
        {{"key", "1", "office", NULL, own, OFFICE, 0, NULL}, FB_E_REFERENCE, "$.kind"},
        {{"party", "office", "aurora", NULL, party, OFFICE, 0, NULL}, FB_E_REFERENCE, "$.issuer"},
        {{"party", "office", "office", NULL, party, OFFICE, 0, "flyball/key"}, FB_E_SIGNATURE, "$"},
        {{"party", "office", "office", NULL, party, OFFICE, OFFICE, NULL}, FB_E_SIGNATURE,
            "$.issuer"},
        {{"party", "office", "office", NULL, party, 0, 0, NULL}, FB_E_SIGNATURE, "$"},
        {{"party", "office", "office", "\"supersedes\":\"party/x\",", party, OFFICE, 0, NULL},
            FB_E_REFERENCE, "$.supersedes"},
    };
    const struct refusal after[] = {
        {{"party", "aurora", "office", NULL, party, OFFICE, 0, NULL}, FB_E_REFERENCE, "$.kind"},
        {{"key", "1", "office", NULL, foreign, OFFICE, 0, NULL}, FB_E_REFERENCE, "$.body.party"},
        {{"key", "1", "office", NULL, other, OFFICE, 0, NULL}, FB_E_SIGNATURE, "$.body.public_key"},
        {{"key", "1", "office", NULL, other, STRANGER, 0, NULL}, FB_E_SIGNATURE,
            "$.body.public_key"},
        {{"key", "1", "office", NULL, own, STRANGER, 0, NULL}, FB_E_SIGNATURE, "$.issuer"},
        {{"key", "1", "office", NULL, expired, OFFICE, 0, NULL}, FB_E_TIME, "$.body.valid_until"},
        {{"key", "1", "office", NULL, early, OFFICE, 0, NULL}, FB_E_TIME, "$.body.valid_from"},
    };
    struct world w = bare_world();
    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        must_refuse(&w, &before[i]);
    }
    must_say(&w, &(struct saying){"party", "office", "office", NULL, party, OFFICE, 0, NULL});
    for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++) {
        must_refuse(&w, &after[i]);
    }
    must_say(&w, &(struct saying){"key", "1", "office", NULL, own, OFFICE, 0, NULL});
    fb_registry_free(w.registry);
}

static void test_refusals(void **state)
{
    (void)state;
    const struct refusal refusals[] = {
        /* ids and times */
        {{"system", "a", "aurora", NULL, "{\"title\":\"A\",\"developer\":\"party/aurora\"}", AURORA,
             0, NULL},
            FB_E_DUPLICATE, "$.id"},
        {{"incident", "1", "aurora", SUBJECT_A "\"at\":\"2026-06-01T00:01:00.000001Z\",", INCIDENT,
             AURORA, 0, NULL},
            FB_E_TIME, "$.at"},
        {{"incident", "1", "aurora", SUBJECT_A,
             "{\"title\":\"I\",\"class\":\"death\",\"known_at\":\"2026-06-02\"}", AURORA, 0, NULL},
            FB_E_TIME, "$.body.known_at"},
        /* references */
        {{"incident", "1", "aurra", SUBJECT_A, INCIDENT, AURORA, 0, NULL}, FB_E_REFERENCE,
            "$.issuer"},
        {{"incident", "1", "aurora", "\"subject\":\"system/c\",", INCIDENT, AURORA, 0, NULL},
            FB_E_REFERENCE, "$.subject"},
        {{"incident", "1", "aurora", SUBJECT_A,
             "{\"title\":\"I\",\"class\":\"death\",\"known_to\":\"party/nobody\"}", AURORA, 0,
             NULL},
            FB_E_REFERENCE, "$.body.known_to"},
        {{"report", "1", "aurora", NULL,
             "{\"about\":\"incident/9\",\"to\":\"ai-office\",\"stage\":\"initial\"}", AURORA, 0,
             NULL},
            FB_E_REFERENCE, "$.body.about"},
        {{"incident", "1", "aurora", SUBJECT_A "\"supersedes\":\"incident/0\",", INCIDENT, AURORA,
             0, NULL},
            FB_E_REFERENCE, "$.supersedes"},
        /* roles */
        {{"party", "new", "aurora", NULL, "{\"title\":\"N\",\"role\":\"developer\"}", AURORA, 0,
             NULL},
            FB_E_ROLE, "$.issuer"},
        {{"case", "1", "office", SUBJECT_A,
             "{\"name\":\"c\",\"document\":\"sha256:" HEX64 "\",\"top\":\"safe\"}", OFFICE, 0,
             NULL},
            FB_E_ROLE, "$.issuer"},
        {{"case", "1", "borealis", SUBJECT_A,
             "{\"name\":\"c\",\"document\":\"sha256:" HEX64 "\",\"top\":\"safe\"}", BOREALIS, 0,
             NULL},
            FB_E_ROLE, "$.subject"},
        {{"system", "c", "borealis", NULL, "{\"title\":\"C\",\"developer\":\"party/aurora\"}",
             BOREALIS, 0, NULL},
            FB_E_ROLE, "$.body.developer"},
        {{"policy", "1", "auditor", NULL,
             "{\"name\":\"p\",\"version\":1,\"document\":\"sha256:" HEX64 "\"}", AUDITOR, 0, NULL},
            FB_E_ROLE, "$.issuer"},
        /* signatures */
        {{"incident", "1", "aurora", SUBJECT_A, INCIDENT, BOREALIS, 0, NULL}, FB_E_SIGNATURE,
            "$.issuer"},
        {{"incident", "1", "aurora", SUBJECT_A, INCIDENT, BOREALIS, AURORA, NULL}, FB_E_SIGNATURE,
            "$.issuer"},
        {{"incident", "1", "aurora", SUBJECT_A, INCIDENT, STRANGER, 0, NULL}, FB_E_SIGNATURE,
            "$.issuer"},
        {{"incident", "1", "aurora", SUBJECT_A, INCIDENT, AURORA, STRANGER, NULL}, FB_E_SIGNATURE,
            "$.issuer"},
        {{"incident", "1", "aurora", SUBJECT_A, INCIDENT, AURORA, AURORA, NULL}, FB_E_SIGNATURE,
            "$"},
        {{"incident", "1", "aurora", SUBJECT_A, INCIDENT, AURORA, 0, "flyball/report"},
            FB_E_SIGNATURE, "$"},
        {{"incident", "1", "aurora", SUBJECT_A, INCIDENT, AURORA, 0, "file"}, FB_E_SIGNATURE, "$"},
        {{"incident", "1", "aurora", SUBJECT_A, INCIDENT, 0, 0, NULL}, FB_E_SIGNATURE, "$"},
    };
    struct world w = usual_world();
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        must_refuse(&w, &refusals[i]);
    }
    must_say(&w,
        &(struct saying){"incident", "1", "aurora", SUBJECT_A, INCIDENT, AURORA, BOREALIS, NULL});
    fb_registry_free(w.registry);
}

static void test_hints(void **state)
{
    (void)state;
    struct world w = usual_world();
    struct fb_err err;
    const struct saying near = {
        "incident", "1", "aurora", "\"subject\":\"system/aa\",", INCIDENT, AURORA, 0, NULL};
    assert_int_equal(say(&w, &near, &err), FB_E_REFERENCE);
    assert_string_equal(err.message, "the subject 'system/aa' does not exist");
    assert_string_equal(err.hint, "Did you mean 'system/a'?");
    const struct saying far = {
        "incident", "1", "aurora", "\"subject\":\"system/xyz-9000\",", INCIDENT, AURORA, 0, NULL};
    assert_int_equal(say(&w, &far, &err), FB_E_REFERENCE);
    assert_string_equal(err.hint, "Add it first; the ledger has 2 records of kind system.");
    fb_registry_free(w.registry);
}

/* A changed byte anywhere in the statement breaks its signature; a statement that is not canonical
 * is refused before. */
static void test_tampering(void **state)
{
    (void)state;
    struct world w = usual_world();
    struct fb_err err;
    struct fb_buf statement, signatures[SIGNERS_MAX];
    struct fb_entry entry;
    const struct saying s = {"incident", "1", "aurora", SUBJECT_A, INCIDENT, AURORA, 0, NULL};
    make_entry(&s, w.now, &statement, signatures, &entry);
    char *at = strstr(statement.ptr, "death");
    assert_non_null(at);
    at[0] = 'D';
    fb_err_init(&err);
    FB_TEST_FAILS(fb_registry_add(w.registry, 10, &(struct fb_prepared){.entry = entry}, &err),
        FB_E_SIGNATURE);
    assert_true(err.hint[0] != 0);
    at[0] = 'd';
    fb_buf_add_char(&statement, '\n');
    entry.statement = fb_buf_str(&statement);
    FB_TEST_FAILS(
        fb_registry_add(w.registry, 10, &(struct fb_prepared){.entry = entry}, &err), FB_E_SYNTAX);
    fb_buf_cut(&statement, statement.len - 1);
    entry.statement = fb_buf_str(&statement);
    entry.signatures[0] = FB_STR("no signature");
    fb_err_init(&err);
    assert_int_not_equal(
        fb_registry_add(w.registry, 10, &(struct fb_prepared){.entry = entry}, &err), FB_OK);
    assert_string_equal(err.path, "$");
    fb_err_init(&err);
    assert_int_not_equal(
        fb_registry_load(w.registry, 10, &(struct fb_prepared){.entry = entry}, &err), FB_OK);
    assert_int_equal(fb_registry_count(w.registry), 10);
    free_entry(&statement, signatures);
    fb_registry_free(w.registry);
}

static void test_supersedes(void **state)
{
    (void)state;
    struct world w = usual_world();
    must_say(&w, &(struct saying){"incident", "1", "aurora", SUBJECT_A, INCIDENT, AURORA, 0, NULL});
    const struct refusal refusals[] = {
        {{"incident", "2", "borealis", SUBJECT_A "\"supersedes\":\"incident/1\",", INCIDENT,
             BOREALIS, 0, NULL},
            FB_E_ROLE, "$.supersedes"},
        {{"incident", "2", "aurora", "\"subject\":\"system/b\",\"supersedes\":\"incident/1\",",
             INCIDENT, AURORA, 0, NULL},
            FB_E_REFERENCE, "$.subject"},
    };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        must_refuse(&w, &refusals[i]);
    }
    /* Its issuer corrects it, and then a regulator corrects the correction. */
    must_say(&w, &(struct saying){"incident", "2", "aurora",
                     SUBJECT_A "\"supersedes\":\"incident/1\",", INCIDENT, AURORA, 0, NULL});
    must_refuse(&w,
        &(struct refusal){{"incident", "3", "aurora", SUBJECT_A "\"supersedes\":\"incident/1\",",
                              INCIDENT, AURORA, 0, NULL},
            FB_E_REFERENCE, "$.supersedes"});
    must_say(&w, &(struct saying){"incident", "3", "office",
                     SUBJECT_A "\"supersedes\":\"incident/2\",", INCIDENT, OFFICE, 0, NULL});
    const struct fb_record *first = fb_registry_find(w.registry, FB_STR("incident/1"));
    const struct fb_record *second = fb_registry_successor(w.registry, first);
    const struct fb_record *third = fb_registry_successor(w.registry, second);
    assert_true(fb_str_is(second->id, "incident/2") && fb_str_is(third->id, "incident/3"));
    assert_null(fb_registry_successor(w.registry, third));
    fb_registry_free(w.registry);
}

/* Systems and parties keep their identity through corrections. */
static void test_identity(void **state)
{
    (void)state;
    struct world w = usual_world();
    must_say(&w, &(struct saying){"system", "a2", "aurora", "\"supersedes\":\"system/a\",",
                     "{\"title\":\"A\",\"developer\":\"party/aurora\",\"models\":[\"m/a2\"]}",
                     AURORA, 0, NULL});
    assert_null(fb_registry_system_of_model(w.registry, FB_STR("m/a")));
    const struct fb_record *system = fb_registry_system_of_model(w.registry, FB_STR("m/a2"));
    assert_true(fb_str_is(system->id, "system/a2"));
    /* Either id names the system, also when one record corrects another. */
    must_say(&w, &(struct saying){"incident", "1", "aurora", SUBJECT_A, INCIDENT, AURORA, 0, NULL});
    must_say(&w,
        &(struct saying){"incident", "2", "aurora",
            "\"subject\":\"system/a2\",\"supersedes\":\"incident/1\",", INCIDENT, AURORA, 0, NULL});
    /* The auditor becomes a regulator; it is still named by its first record. */
    must_say(
        &w, &(struct saying){"party", "auditor2", "office", "\"supersedes\":\"party/auditor\",",
                "{\"title\":\"A\",\"role\":\"regulator\"}", OFFICE, 0, NULL});
    must_refuse(
        &w, &(struct refusal){{"party", "new", "auditor2", NULL,
                                  "{\"title\":\"N\",\"role\":\"witness\"}", AUDITOR, 0, NULL},
                FB_E_REFERENCE, "$.issuer"});
    must_say(&w, &(struct saying){"party", "new", "auditor", NULL,
                     "{\"title\":\"N\",\"role\":\"witness\"}", AUDITOR, 0, NULL});
    /* A case keeps its name. */
    must_say(&w, &(struct saying){"case", "1", "aurora", SUBJECT_A,
                     "{\"name\":\"c\",\"document\":\"sha256:" HEX64 "\",\"top\":\"safe\"}", AURORA,
                     0, NULL});
    must_refuse(&w,
        &(struct refusal){{"case", "2", "aurora", SUBJECT_A "\"supersedes\":\"case/1\",",
                              "{\"name\":\"d\",\"document\":\"sha256:" HEX64 "\",\"top\":\"safe\"}",
                              AURORA, 0, NULL},
            FB_E_REFERENCE, "$.body.name"});
    fb_registry_free(w.registry);
}

static void test_key_records(void **state)
{
    (void)state;
    struct world w = usual_world();
    char again[1024], wrong[1024], spare[1024], foreign[1024];
    key_body("borealis", AURORA, "", again);
    key_body("aurora", SPARE, "", spare);
    key_body("borealis", SPARE, "", foreign);
    key_body("aurora", SPARE, "", wrong);
    char *fingerprint = strstr(wrong, "SHA256:");
    fingerprint[7] = fingerprint[7] == 'A' ? 'B' : 'A';
    const struct refusal refusals[] = {
        {{"key", "k", "borealis", NULL, again, BOREALIS, 0, NULL}, FB_E_DUPLICATE,
            "$.body.public_key"},
        {{"key", "k", "aurora", NULL, wrong, AURORA, 0, NULL}, FB_E_MISMATCH, "$.body.fingerprint"},
        {{"key", "k", "aurora", NULL, foreign, AURORA, 0, NULL}, FB_E_ROLE, "$.issuer"},
        {{"key", "k", "aurora", NULL,
             "{\"party\":\"party/aurora\",\"public_key\":\"ssh-ed25519 AAAA\",\"fingerprint\":"
             "\"SHA256:x\"}",
             AURORA, 0, NULL},
            FB_E_SYNTAX, "$.body.public_key"},
        {{"key", "k", "office", "\"supersedes\":\"key/borealis-3\",", spare, OFFICE, 0, NULL},
            FB_E_REFERENCE, "$.body.party"},
    };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        must_refuse(&w, &refusals[i]);
    }
    fb_registry_free(w.registry);
}

/* A party replaces its key; the old one stops to count, at once and for good. */
static void test_rotation(void **state)
{
    (void)state;
    struct world w = usual_world();
    char spare[1024], back[1024];
    key_body("aurora", SPARE, "", spare);
    key_body("aurora", AURORA, "", back);
    const struct saying by_old = {"incident", "1", "aurora", SUBJECT_A, INCIDENT, AURORA, 0, NULL};
    const struct saying by_new = {"incident", "1", "aurora", SUBJECT_A, INCIDENT, SPARE, 0, NULL};
    must_refuse(&w, &(struct refusal){by_new, FB_E_SIGNATURE, "$.issuer"});
    must_say(&w, &(struct saying){"key", "new", "aurora", "\"supersedes\":\"key/aurora-2\",", spare,
                     AURORA, 0, NULL});
    must_refuse(&w, &(struct refusal){by_old, FB_E_SIGNATURE, "$.issuer"});
    must_say(&w, &by_new);
    must_refuse(&w, &(struct refusal){{"key", "back", "aurora", NULL, back, SPARE, 0, NULL},
                        FB_E_DUPLICATE, "$.body.public_key"});
    fb_registry_free(w.registry);
}

/* A key counts from valid_from on and until just before valid_until; a correction of its record may
 * change that. */
static void test_validity(void **state)
{
    (void)state;
    struct world w = usual_world();
    char spare[1024], longer[1024], name[20];
    key_body(
        "aurora", SPARE, ",\"valid_from\":\"2026-07-01\",\"valid_until\":\"2026-08-01\"", spare);
    key_body("aurora", SPARE, ",\"valid_until\":\"2026-09-01\"", longer);
    must_say(&w, &(struct saying){"key", "spare", "aurora", NULL, spare, AURORA, 0, NULL});
    const fb_time from = fb_days_from_civil(2026, 7, 1) * FB_DAY;
    const fb_time until = fb_days_from_civil(2026, 8, 1) * FB_DAY;
    const struct {
        fb_time now;
        bool good;
    } cases[] = {{from - 1, false}, {from, true}, {until - 1, true}, {until, false}};
    for (int i = 0; i < 4; i++) {
        w.now = cases[i].now;
        snprintf(name, sizeof(name), "%d", i);
        struct saying s = {"incident", name, "aurora", SUBJECT_A, INCIDENT, SPARE, 0, NULL};
        if (cases[i].good) {
            must_say(&w, &s);
        } else {
            must_refuse(&w, &(struct refusal){s, FB_E_SIGNATURE, "$.issuer"});
        }
    }
    must_say(&w, &(struct saying){"key", "longer", "aurora", "\"supersedes\":\"key/spare\",",
                     longer, AURORA, 0, NULL});
    must_say(&w, &(struct saying){"incident", "x", "aurora", SUBJECT_A, INCIDENT, SPARE, 0, NULL});
    /* Admission times never fall. */
    w.now--;
    must_refuse(
        &w, &(struct refusal){{"incident", "y", "aurora", SUBJECT_A, INCIDENT, SPARE, 0, NULL},
                FB_E_TIME, "$.at"});
    fb_registry_free(w.registry);
}

/* Loading trusts signatures and nothing else, and gives the same registry. */
static void test_load(void **state)
{
    (void)state;
    struct world w = usual_world();
    struct fb_err err;
    struct fb_buf statement, signatures[SIGNERS_MAX];
    struct fb_entry entry;
    const struct saying s = {"incident", "1", "aurora", SUBJECT_A, INCIDENT, AURORA, 0, "file"};
    make_entry(&s, w.now, &statement, signatures, &entry);
    fb_err_init(&err);
    FB_TEST_FAILS(fb_registry_add(w.registry, 10, &(struct fb_prepared){.entry = entry}, &err),
        FB_E_SIGNATURE);
    FB_TEST_OK(fb_registry_load(w.registry, 10, &(struct fb_prepared){.entry = entry}, &err));
    assert_int_equal(fb_registry_at(w.registry, 10)->signer.len, 50);
    fb_err_init(&err);
    FB_TEST_FAILS(fb_registry_load(w.registry, 11, &(struct fb_prepared){.entry = entry}, &err),
        FB_E_DUPLICATE);
    free_entry(&statement, signatures);
    fb_registry_free(w.registry);
}

static void test_limit(void **state)
{
    (void)state;
    struct world w = usual_world();
    struct fb_err err;
    fb_registry_limit(w.registry, 11);
    must_say(&w, &(struct saying){"incident", "1", "aurora", SUBJECT_A, INCIDENT, AURORA, 0, NULL});
    const struct saying more = {"incident", "2", "aurora", SUBJECT_A, INCIDENT, AURORA, 0, NULL};
    assert_int_equal(say(&w, &more, &err), FB_E_LIMIT);
    fb_registry_free(w.registry);
}

static void ignore_missed(void *ctx, struct fb_str id)
{
    (void)ctx, (void)id;
}

/* A ledger is no less full where only some of its records were read. */
static void test_limit_of_excerpt(void **state)
{
    (void)state;
    struct world w = bare_world();
    struct fb_err err;
    struct fb_buf statement, signatures[SIGNERS_MAX];
    struct fb_entry entry;
    const struct saying s = {"party", "office", "office", NULL,
        "{\"title\":\"O\",\"role\":\"regulator\"}", OFFICE, 0, NULL};
    make_entry(&s, w.now, &statement, signatures, &entry);
    const struct fb_prepared prepared = {.entry = entry};
    fb_err_init(&err);
    fb_registry_excerpt(w.registry, ignore_missed, NULL);
    fb_registry_limit(w.registry, 11);
    FB_TEST_OK(fb_registry_load(w.registry, 10, &prepared, &err));
    FB_TEST_FAILS(fb_registry_load(w.registry, 11, &prepared, &err), FB_E_LIMIT);
    free_entry(&statement, signatures);
    fb_registry_free(w.registry);
}

static void test_allowed_signers(void **state)
{
    (void)state;
    struct world w = bare_world();
    struct fb_err err;
    struct fb_buf out;
    char body[1024];
    fb_err_init(&err);
    fb_buf_init(&out, 1 << 20);
    say_party(&w, "office", "regulator", "office", OFFICE);
    say_key(&w, "office", OFFICE, "office", OFFICE);
    key_body("office", SPARE,
        ",\"valid_from\":\"2026-07-01T00:00:00.5Z\",\"valid_until\":\"2027-01-02T03:04:05.9Z\"",
        body);
    must_say(&w, &(struct saying){"key", "spare", "office", NULL, body, OFFICE, 0, NULL});
    key_body("office", STRANGER, ",\"valid_until\":\"2026-06-01T00:00:00.5Z\"", body);
    must_say(&w, &(struct saying){"key", "short", "office", NULL, body, OFFICE, 0, NULL});
    w.now += FB_DAY;
    key_body("office", AURORA, "", body);
    must_say(&w, &(struct saying){"key", "next", "office", "\"supersedes\":\"key/office-1\",", body,
                     OFFICE, 0, NULL});
    FB_TEST_OK(fb_registry_allowed_signers(w.registry, &out, &err));
    const char *spaces =
        "namespaces=\"flyball/party,flyball/key,flyball/system,flyball/dataset,"
        "flyball/run,flyball/usage,flyball/deployment,flyball/evaluation,"
        "flyball/incident,flyball/report,flyball/case,flyball/policy,"
        "flyball/measure,flyball/cluster,flyball/audit,flyball/grant,flyball/access,"
        "flyball/review,flyball/licence,flyball/order,flyball/budget,"
        "flyball/disclosure,flyball/decision,flyball/erasure,flyball/risk,flyball/progress,"
        "flyball/staffing,flyball/forecast,flyball/exempt,flyball/dossier\"";
    const struct {
        int who;
        const char *dates;
    } lines[] = {{OFFICE, ",valid-before=\"20260602000000Z\""},
        {SPARE, ",valid-after=\"20260701000001Z\",valid-before=\"20270102030405Z\""},
        {STRANGER, ",valid-before=\"20260601000000Z\""}, {AURORA, ""}};
    struct fb_buf want;
    fb_buf_init(&want, 1 << 20);
    for (size_t i = 0; i < 4; i++) {
        struct fb_sshkey_secret secret;
        secret_of(lines[i].who, &secret);
        fb_buf_addf(&want, "party/office %s%s ", spaces, lines[i].dates);
        fb_sshkey_format(&secret.key, &want);
        fb_buf_add_char(&want, '\n');
    }
    assert_string_equal(out.ptr, want.ptr);
    struct fb_buf small;
    fb_buf_init(&small, 100);
    FB_TEST_FAILS(fb_registry_allowed_signers(w.registry, &small, &err), FB_E_LIMIT);
    assert_int_equal(small.len, 0);
    fb_buf_release(&small);
    fb_buf_release(&want);
    fb_buf_release(&out);
    fb_registry_free(w.registry);
}

/* Runs `ssh-keygen -Y verify` in a folder that has allowed_signers, message and signature. */
static int ssh_keygen_verify(
    const char *folder, const char *principal, const char *space, const char *time)
{
    char option[64];
    snprintf(option, sizeof(option), "-Overify-time=%s", time);
    const char *const args[] = {"ssh-keygen", "-Y", "verify", "-f", "allowed_signers", "-I",
        principal, "-n", space, "-s", "signature", option, NULL};
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int in = chdir(folder) == 0 ? open("message", O_RDONLY) : -1;
        int out = open("/dev/null", O_WRONLY);
        if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) {
            _exit(126);
        }
        execvp(args[0], (char *const *)(uintptr_t)args);
        _exit(127);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void put_file(const char *folder, const char *name, struct fb_str content)
{
    struct fb_err err;
    char path[128];
    fb_err_init(&err);
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (content.ptr) {
        FB_TEST_OK(fb_io_write(path, content, 0600, &err));
    } else {
        assert_int_equal(unlink(path), 0);
    }
}

/* OpenSSH itself, with the list of allowed signers, accepts a record within the key's validity, and
 * nothing else. */
static void test_ssh_keygen(void **state)
{
    (void)state;
    struct world w = bare_world();
    struct fb_err err;
    struct fb_buf list, statement, signatures[SIGNERS_MAX];
    struct fb_entry entry;
    char body[1024], folder[] = "/tmp/flyball-registry-XXXXXX";
    fb_err_init(&err);
    fb_buf_init(&list, 1 << 20);
    assert_non_null(mkdtemp(folder));
    say_party(&w, "office", "regulator", "office", OFFICE);
    say_key(&w, "office", OFFICE, "office", OFFICE);
    key_body(
        "office", SPARE, ",\"valid_from\":\"2026-07-01\",\"valid_until\":\"2026-08-01\"", body);
    must_say(&w, &(struct saying){"key", "spare", "office", NULL, body, OFFICE, 0, NULL});
    w.now = fb_days_from_civil(2026, 7, 15) * FB_DAY;
    const struct saying s = {"policy", "p", "office", NULL,
        "{\"name\":\"p\",\"version\":1,\"document\":\"sha256:" HEX64 "\"}", SPARE, 0, NULL};
    make_entry(&s, w.now, &statement, signatures, &entry);
    FB_TEST_OK(fb_registry_add(w.registry, 3, &(struct fb_prepared){.entry = entry}, &err));
    FB_TEST_OK(fb_registry_allowed_signers(w.registry, &list, &err));
    put_file(folder, "allowed_signers", fb_buf_str(&list));
    put_file(folder, "message", entry.statement);
    put_file(folder, "signature", entry.signatures[0]);
    static const struct {
        const char *principal, *space, *time;
        bool good;
    } cases[] = {{"party/office", "flyball/policy", "20260715000000Z", true},
        {"party/office", "flyball/policy", "20260630235959Z", false},
        {"party/office", "flyball/policy", "20260801000001Z", false},
        {"party/office", "flyball/case", "20260715000000Z", false},
        {"party/aurora", "flyball/policy", "20260715000000Z", false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int status = ssh_keygen_verify(folder, cases[i].principal, cases[i].space, cases[i].time);
        if (status == 127) {
            printf("# SKIP ssh-keygen is absent\n");
            break;
        }
        assert_int_equal(status == 0, cases[i].good);
    }
    put_file(folder, "allowed_signers", (struct fb_str){NULL, 0});
    put_file(folder, "message", (struct fb_str){NULL, 0});
    put_file(folder, "signature", (struct fb_str){NULL, 0});
    assert_int_equal(rmdir(folder), 0);
    free_entry(&statement, signatures);
    fb_buf_release(&list);
    fb_registry_free(w.registry);
}

/* Every allocation of an addition fails once; the registry stays as it was, and takes the record
 * afterwards. A key goes into two maps, so it is the harder case. */
static void test_memory(void **state)
{
    (void)state;
    struct world w = usual_world();
    char body[1024];
    key_body("aurora", SPARE, "", body);
    const struct saying s = {
        "key", "new", "aurora", "\"supersedes\":\"key/aurora-2\",", body, AURORA, 0, NULL};
    struct fb_buf statement, signatures[SIGNERS_MAX];
    struct fb_entry entry;
    make_entry(&s, w.now, &statement, signatures, &entry);
    enum fb_code code = FB_E_NOMEM;
    for (int64_t n = 0; code != FB_OK; n++) {
        struct fb_err err;
        fb_err_init(&err);
        fb_alloc_fail_at(n);
        code = fb_registry_add(w.registry, 10, &(struct fb_prepared){.entry = entry}, &err);
        fb_alloc_fail_at(-1);
        if (code != FB_OK) {
            assert_int_equal(code, FB_E_NOMEM);
            assert_int_equal(fb_registry_count(w.registry), 10);
            assert_null(fb_registry_find(w.registry, FB_STR("key/new")));
            const struct fb_record *old = fb_registry_find(w.registry, FB_STR("key/aurora-2"));
            assert_null(fb_registry_successor(w.registry, old));
        }
        assert_true(n < 10000);
    }
    assert_int_equal(fb_registry_count(w.registry), 11);
    free_entry(&statement, signatures);
    fb_registry_free(w.registry);

    code = FB_E_NOMEM;
    for (int64_t n = 0; code != FB_OK; n++) {
        struct fb_err err;
        struct fb_registry *registry = NULL;
        fb_err_init(&err);
        fb_alloc_fail_at(n);
        code = fb_registry_new(&registry, &err);
        fb_alloc_fail_at(-1);
        assert_int_equal(registry == NULL, code != FB_OK);
        fb_registry_free(registry);
    }
}

/* Thousands of records, of which each refers to the one before. */
static void test_many(void **state)
{
    (void)state;
    struct world w = usual_world();
    struct fb_err err;
    char name[20], rest[100];
    for (int i = 0; i < 3000; i++) {
        struct fb_buf statement, signatures[SIGNERS_MAX];
        struct fb_entry entry;
        snprintf(name, sizeof(name), "%d", i);
        snprintf(rest, sizeof(rest), SUBJECT_A);
        if (i > 0) {
            snprintf(rest, sizeof(rest), SUBJECT_A "\"supersedes\":\"incident/%d\",", i - 1);
        }
        const struct saying s = {"incident", name, "aurora", rest, INCIDENT, AURORA, 0, NULL};
        make_entry(&s, w.now, &statement, signatures, &entry);
        fb_err_init(&err);
        FB_TEST_OK(fb_registry_load(
            w.registry, 10 + (uint64_t)i, &(struct fb_prepared){.entry = entry}, &err));
        free_entry(&statement, signatures);
    }
    assert_int_equal(fb_registry_count(w.registry), 3010);
    const struct fb_record *record = fb_registry_find(w.registry, FB_STR("incident/0"));
    size_t length = 1;
    while ((record = fb_registry_successor(w.registry, record)) != NULL) {
        length++;
    }
    assert_int_equal(length, 3000);
    fb_registry_free(w.registry);
}

/* Assumed statements need no key and no role; the rest of admission holds for them. */
static void test_assume(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum fb_code code;
    } steps[] = {
        {"{\"at\":\"1970-01-01T00:00:00Z\",\"body\":{\"role\":\"operator\",\"title\":\"X\"},"
         "\"id\":\"party/x\",\"issuer\":\"party/x\",\"kind\":\"party\"}",
            FB_OK},
        {"{\"at\":\"1970-01-01T00:00:00Z\",\"body\":{\"developer\":\"party/x\",\"title\":\"S\"},"
         "\"id\":\"system/s\",\"issuer\":\"party/y\",\"kind\":\"system\"}",
            FB_E_REFERENCE},
        {"{\"at\":\"1970-01-01T00:01:01Z\",\"body\":{\"developer\":\"party/x\",\"title\":\"S\"},"
         "\"id\":\"system/s\",\"issuer\":\"party/x\",\"kind\":\"system\"}",
            FB_E_TIME},
        {"{\"at\":\"1970-01-01T00:00:00Z\",\"body\":{\"developer\":\"party/x\",\"title\":\"S\"},"
         "\"id\":\"system/s\",\"issuer\":\"party/x\",\"kind\":\"system\"}",
            FB_OK},
        {"{\"at\":\"1970-01-01T00:00:00Z\",\"body\":{\"fingerprint\":\"SHA256:x\",\"party\":"
         "\"party/x\",\"public_key\":\"ssh-ed25519 x\"},\"id\":\"key/x\",\"issuer\":"
         "\"party/x\",\"kind\":\"key\"}",
            FB_E_UNSUPPORTED},
        {"{}", FB_E_SCHEMA},
    };
    struct fb_registry *registry = NULL;
    struct fb_err err;
    size_t count = 0;
    fb_err_init(&err);
    FB_TEST_OK(fb_registry_new(&registry, &err));
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        fb_err_init(&err);
        enum fb_code code = fb_registry_assume(registry, fb_str_of(steps[i].text), 0, &err);
        if (code != steps[i].code) {
            fail_msg("%zu: %s: %s", i, fb_code_name(code), err.message);
        }
        count += code == FB_OK;
        assert_int_equal(fb_registry_count(registry), count);
    }
    const struct fb_record *system = fb_registry_find(registry, FB_STR("system/s"));
    assert_non_null(system);
    assert_int_equal(system->seq, 1);
    assert_int_equal(system->signer.len, 0);
    fb_registry_free(registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lookup),
        cmocka_unit_test(test_bootstrap), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_hints), cmocka_unit_test(test_tampering),
        cmocka_unit_test(test_supersedes), cmocka_unit_test(test_identity),
        cmocka_unit_test(test_key_records), cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_validity), cmocka_unit_test(test_load), cmocka_unit_test(test_limit),
        cmocka_unit_test(test_limit_of_excerpt), cmocka_unit_test(test_allowed_signers),
        cmocka_unit_test(test_ssh_keygen), cmocka_unit_test(test_assume),
        cmocka_unit_test(test_memory), cmocka_unit_test(test_many)};
    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
