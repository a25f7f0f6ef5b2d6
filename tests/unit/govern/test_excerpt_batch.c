/*
 * Random files of records that refer to each other and to what is there: parties, keys that are
 * rotated and revoked, systems and what is said of them, corrections of all of it, licences and
 * releases that several must sign. What is admitted over an excerpt all records must admit.
 * FB_RANDOM_CASES=1000 for more, FB_RANDOM_SEED=1 for others.
 */
#include <stdlib.h>
#include <string.h>

#include "fb_test.h"
#include "govern/docket_private.h"
#include "record/sshsig.h"
#include "story.h"

enum { CASES = 3, BATCHES = 120, BATCH_MAX = 4, RECORDS = 1200, KEYS = 200, BODY = 1500, ID = 60 };

struct made {
    char id[ID], kind[16], subject[ID], party[ID];
    int version; /* of a licence or an order; of a key its number */
    char body[BODY];
};

struct world {
    struct story story;
    uint64_t state;
    struct made records[RECORDS];
    size_t count; /* those of the file in the making among them */
    struct fb_sshkey_secret keys[KEYS];
    char holders[KEYS][ID];
    size_t key_count;
    int next;
};

static struct fb_err err;
static size_t admitted, by_excerpt, refused;
static size_t admitted_of[FB_KIND_END];

static unsigned roll(struct world *w, unsigned sides)
{
    w->state ^= w->state >> 12;
    w->state ^= w->state << 25;
    w->state ^= w->state >> 27;
    return (unsigned)((w->state * 0x2545F4914F6CDD1Du) >> 33) % sides;
}

/* A record of a kind, often one of the last; NULL: none. */
static struct made *pick(struct world *w, const char *kind)
{
    struct made *found = NULL;
    size_t n = w->count ? roll(w, (unsigned)w->count) : 0;
    if (roll(w, 3) == 0 && w->count > 6) {
        n = w->count - 1 - roll(w, 6);
    }
    for (size_t i = 0; i < w->count && !found; i++) {
        struct made *m = &w->records[(n + i) % w->count];
        found = strcmp(m->kind, kind) == 0 ? m : NULL;
    }
    return found;
}

static const char *pick_id(struct world *w, const char *kind)
{
    struct made *m = pick(w, kind);
    return m ? m->id : "system/none";
}

/* The first record of a party, by which issuers are named. */
static const char *pick_party(struct world *w)
{
    static const char *const names[] = {"party/institute", "party/dev", "party/lab", "party/r2",
        "party/r3", "party/dev2", "party/aud", "party/aud2", "party/op"};
    return names[roll(w, 9)];
}

static const char *pick_from(struct world *w, const char *const *names, unsigned count)
{
    return names[roll(w, count)];
}

static const char *likely_issuer(struct world *w, const char *kind)
{
    static const char *const regulators[] = {"party/institute", "party/r2", "party/r3"};
    static const char *const developers[] = {"party/dev", "party/dev2"};
    static const char *const auditors[] = {"party/aud", "party/aud2"};
    if (roll(w, 6) == 0) {
        return pick_party(w);
    }
    if (strcmp(kind, "system") == 0 || strcmp(kind, "grant") == 0) {
        return pick_from(w, developers, 2);
    }
    if (strcmp(kind, "evaluation") == 0) {
        return roll(w, 2) ? pick_from(w, auditors, 2) : "party/lab";
    }
    if (strcmp(kind, "review") == 0 || strcmp(kind, "audit") == 0 || strcmp(kind, "access") == 0) {
        return pick_from(w, auditors, 2);
    }
    return pick_from(w, regulators, 3);
}

static void add(struct world *w, const char *id, const char *kind)
{
    assert_true(w->count < RECORDS);
    struct made *m = &w->records[w->count++];
    memset(m, 0, sizeof(*m));
    snprintf(m->id, sizeof(m->id), "%s", id);
    snprintf(m->kind, sizeof(m->kind), "%s", kind);
}

static void write_key(struct world *w, struct made *m, const struct made *older, char *body)
{
    char print[FB_SSHKEY_FINGERPRINT], at[FB_TIME_TEXT], revoked[80] = "";
    struct fb_buf line;
    const char *party = roll(w, 3) ? pick_party(w) : pick_id(w, "party");
    size_t key = older && roll(w, 3) ? roll(w, (unsigned)w->key_count) : SIZE_MAX;
    if (older && roll(w, 8)) {
        party = older->party;
        key = key == SIZE_MAX ? key : (size_t)older->version;
    }
    for (size_t i = 0; i < w->key_count && key != SIZE_MAX; i++) {
        key = strcmp(w->holders[key], party) == 0 ? key : (key + 1) % w->key_count;
    }
    if (roll(w, 12) == 0) {
        key = roll(w, (unsigned)w->key_count); /* of whoever */
    }
    if (key == SIZE_MAX && w->key_count < KEYS) {
        key = w->key_count++;
        fb_sshkey_generate(&w->keys[key]);
        snprintf(w->holders[key], ID, "%s", party);
    } else if (key == SIZE_MAX) {
        key = roll(w, KEYS);
    }
    if (older && key == (size_t)older->version && roll(w, 4)) {
        fb_time_format(w->story.now - (fb_time)roll(w, 20) * FB_DAY, at);
        snprintf(revoked, sizeof(revoked), ",\"revoked\":\"%s\",\"reason\":\"compromised\"", at);
    }
    m->version = (int)key;
    fb_buf_init(&line, 4096);
    fb_sshkey_format(&w->keys[key].key, &line);
    fb_sshkey_fingerprint(&w->keys[key].key, print);
    snprintf(m->party, sizeof(m->party), "%s", party);
    snprintf(body, BODY, "\"party\":\"%s\",\"public_key\":\"%.*s\",\"fingerprint\":\"%s\"%s", party,
        (int)line.len, line.ptr, print, revoked);
    fb_buf_release(&line);
}

static void write_ruling(struct world *w, struct made *m, const struct made *older, char *body)
{
    static const char *const states[] = {"granted", "refused", "applied"};
    static const char *const actions[] = {"deploy", "train"};
    char more[200] = "";
    if (strcmp(m->kind, "licence") == 0) {
        struct made *last = pick(w, "licence");
        m->version = older                ? older->version
                     : last && roll(w, 2) ? last->version + 1
                                          : 1 + (int)roll(w, 4);
        unsigned state = roll(w, 4) % 3;
        if (state < 2 && roll(w, 2)) {
            snprintf(more, sizeof(more), ",\"change_needs\":%u", 1 + roll(w, 3));
        }
        snprintf(body, BODY, "\"action\":\"%s\",\"state\":\"%s\",\"version\":%d%s",
            actions[roll(w, 4) == 0], states[state], m->version, more);
        return;
    }
    struct made *order = pick(w, "order");
    m->version = order ? order->version + 1 : 1;
    if (order && roll(w, 2)) {
        snprintf(m->subject, sizeof(m->subject), "%s", order->subject);
        snprintf(body, BODY,
            "\"action\":\"release\",\"version\":%d,\"reasons\":\"r\",\"releases\":\"%s\"",
            m->version, order->id);
        return;
    }
    if (roll(w, 2)) {
        snprintf(more, sizeof(more), ",\"release_needs\":2,\"release_by\":[\"%s\",\"%s\",\"%s\"]",
            pick_party(w), pick_party(w), pick_id(w, "party"));
    } else if (roll(w, 2)) {
        snprintf(more, sizeof(more), ",\"release_needs\":2");
    }
    snprintf(
        body, BODY, "\"action\":\"restrict\",\"version\":%d,\"reasons\":\"r\"%s", m->version, more);
}

static void write_body(struct world *w, struct made *m, const struct made *older, char *body)
{
    static const char *const roles[] = {"developer", "regulator", "auditor", "operator"};
    static const char *const abouts[] = {"evaluation", "evaluation", "system", "audit", "grant"};
    const char *kind = m->kind;
    body[0] = 0;
    if (older && older->body[0] && strcmp(kind, "party") != 0 && strcmp(kind, "key") != 0 &&
        strcmp(kind, "system") != 0 && roll(w, 10)) {
        m->version = older->version;
        snprintf(m->party, sizeof(m->party), "%s", older->party);
        snprintf(body, BODY, "%s", older->body); /* corrections keep most of it */
    } else if (strcmp(kind, "party") == 0) {
        snprintf(body, BODY, "\"title\":\"p\",\"role\":\"%s\"", roles[roll(w, 4)]);
    } else if (strcmp(kind, "key") == 0) {
        write_key(w, m, older, body);
    } else if (strcmp(kind, "system") == 0) {
        char from[140] = "";
        if (roll(w, 2)) {
            snprintf(from, sizeof(from), ",\"derived_from\":\"%s\",\"derivation\":\"merging\"",
                pick_id(w, "system"));
        }
        snprintf(body, BODY, "\"title\":\"s\",\"developer\":\"party/dev%s\"%s",
            roll(w, 2) ? "2" : "", from);
    } else if (strcmp(kind, "evaluation") == 0) {
        snprintf(body, BODY,
            "\"task\":\"t%u\",\"scorer\":\"s\",\"model\":\"m\",\"status\":\"success\",\"began\":"
            "\"2026-01-01\",\"ended\":\"2026-01-01\",\"samples\":3,\"succeeded_any\":1,"
            "\"succeeded_all\":0,\"unresolved\":0",
            roll(w, 2));
    } else if (strcmp(kind, "review") == 0) {
        snprintf(body, BODY, "\"about\":\"%s\",\"finding\":\"upheld\",\"reasons\":\"r\"",
            pick_id(w, abouts[roll(w, 5)]));
    } else if (strcmp(kind, "grant") == 0) {
        snprintf(m->party, sizeof(m->party), "%s", older ? older->party : pick_party(w));
        snprintf(body, BODY,
            "\"party\":\"%s\",\"form\":\"query\",\"state\":\"granted\",\"valid_until\":"
            "\"2027-01-01\"",
            m->party);
    } else if (strcmp(kind, "access") == 0) {
        struct made *grant = pick(w, "grant");
        snprintf(m->subject, sizeof(m->subject), "%s", grant && roll(w, 4) ? grant->subject : "");
        snprintf(body, BODY, "\"grant\":\"%s\",\"honoured\":\"full\",\"began\":\"2026-01-01\"",
            grant ? grant->id : "grant/0");
    } else if (strcmp(kind, "audit") == 0) {
        snprintf(m->party, sizeof(m->party), "%s", older ? older->party : "party/dev");
        snprintf(body, BODY,
            "\"party\":\"%s\",\"scope\":\"all\",\"method\":\"documents\",\"result\":\"passed\","
            "\"began\":\"2026-01-01\",\"ended\":\"2026-01-01\"",
            m->party);
    } else {
        write_ruling(w, m, older, body);
    }
}

/* A signature by a key that is, or was, the party's. */
static void sign(struct world *w, const char *party, const struct made *m, struct fb_filing *filing)
{
    char space[40];
    struct fb_buf out;
    struct fb_str copy;
    size_t start = roll(w, (unsigned)w->key_count), at = SIZE_MAX;
    for (size_t i = 0; i < w->key_count && at == SIZE_MAX; i++) {
        size_t k = (start + i) % w->key_count;
        at = strcmp(w->holders[k], party) == 0 ? k : SIZE_MAX;
    }
    if (at == SIZE_MAX) {
        return;
    }
    snprintf(space, sizeof(space), "flyball/%s", m->kind);
    fb_buf_init(&out, FB_SSHSIG_TEXT_MAX);
    FB_TEST_OK(fb_sshsig_sign(&w->keys[at], space, filing->statement, &out, &err));
    FB_TEST_OK(fb_arena_str(&w->story.arena, fb_buf_str(&out), &copy, &err));
    filing->signatures[filing->signature_count++] = copy;
    fb_buf_release(&out);
}

/* False for a statement that no docket would take. */
static bool make(struct world *w, struct fb_filing *filing)
{
    static const char *const kinds[] = {"party", "key", "key", "key", "system", "system",
        "evaluation", "evaluation", "review", "review", "review", "grant", "access", "audit",
        "licence", "licence", "licence", "order", "order", "order"};
    static const char *const without[] = {"party", "key", "system", "review"};
    const char *kind = kinds[roll(w, sizeof(kinds) / sizeof(kinds[0]))];
    struct made *older = roll(w, 3) == 0 || strcmp(kind, "key") == 0 ? pick(w, kind) : NULL;
    char id[ID], body[BODY], subject[100] = "", supersedes[100] = "", at[FB_TIME_TEXT];
    struct fb_buf draft, statement;
    snprintf(id, sizeof(id), "%s/%d", kind, w->next++);
    static struct made m;
    memset(&m, 0, sizeof(m));
    snprintf(m.id, sizeof(m.id), "%s", id);
    snprintf(m.kind, sizeof(m.kind), "%s", kind);
    bool has_subject = true;
    for (size_t i = 0; i < 4; i++) {
        has_subject = has_subject && strcmp(kind, without[i]) != 0;
    }
    snprintf(m.subject, sizeof(m.subject), "%s",
        has_subject ? older ? older->subject : pick_id(w, "system") : "");
    write_body(w, &m, older, body);
    if (has_subject && !m.subject[0]) {
        snprintf(m.subject, sizeof(m.subject), "%s", pick_id(w, "system"));
    }
    if (m.subject[0]) {
        snprintf(subject, sizeof(subject), "\"subject\":\"%s\",", m.subject);
    }
    if (older) {
        snprintf(supersedes, sizeof(supersedes), "\"supersedes\":\"%s\",", older->id);
    }
    const char *issuer = likely_issuer(w, kind);
    if (strcmp(kind, "key") == 0 && roll(w, 2) && strncmp(m.party, "party/", 6) == 0) {
        issuer = m.party;
    }
    fb_buf_init(&draft, 1 << 16);
    fb_buf_init(&statement, FB_STATEMENT_MAX);
    fb_buf_addf(&draft,
        "{\"kind\":\"%s\",\"id\":\"%s\",\"at\":\"%s\",%s%s\"issuer\":\"%s\",\"body\":{%s}}", kind,
        id, fb_time_format(w->story.now, at), subject, supersedes, issuer, body);
    FB_TEST_OK(fb_buf_check(&draft, "a draft", &err));
    fb_err_init(&err);
    if (fb_docket_canonical(w->story.docket, &draft, fb_str_of(issuer), &statement, &err) !=
        FB_OK) {
        fb_buf_release(&draft);
        fb_buf_release(&statement);
        return false;
    }
    memset(filing, 0, sizeof(*filing));
    struct fb_str own;
    FB_TEST_OK(fb_arena_str(&w->story.arena, fb_buf_str(&statement), &filing->statement, &err));
    FB_TEST_OK(fb_arena_str(&w->story.arena, fb_str_of(issuer), &own, &err));
    filing->issuer = own;
    filing->kind = fb_str_of(fb_kind_name(fb_kind_of(fb_str_of(kind))));
    sign(w, issuer, &m, filing);
    if (strcmp(kind, "licence") == 0 || strcmp(kind, "order") == 0) {
        for (unsigned n = roll(w, 3); n > 0 && filing->signature_count; n--) {
            sign(w, roll(w, 3) ? likely_issuer(w, kind) : pick_party(w), &m, filing);
        }
    }
    snprintf(m.body, sizeof(m.body), "%s", body);
    add(w, id, kind);
    w->records[w->count - 1] = m;
    fb_buf_release(&draft);
    fb_buf_release(&statement);
    return true;
}

static void file(struct world *w)
{
    struct fb_filing filings[BATCH_MAX];
    struct fb_docket *docket = NULL;
    struct fb_docket_added added;
    size_t before = w->count, keys = w->key_count, count = roll(w, 2) ? 1 : 1 + roll(w, BATCH_MAX);
    struct fb_clock clock = fb_clock_fixed(&w->story.now);
    for (size_t i = 0; i < count;) {
        i += make(w, &filings[i]);
    }
    fb_err_init(&err);
    FB_TEST_OK(fb_docket_open_to_add(w->story.docket_path, &clock, true, &docket, &err));
    enum fb_code code = fb_docket_file(docket, filings, count, &added, &err);
    if (code == FB_OK) {
        admitted++;
        by_excerpt += fb_docket_is_excerpt(docket);
        code = fb_docket_catch_up(w->story.docket, &err);
        if (code != FB_OK) {
            for (size_t i = 0; i < count; i++) {
                print_message("%.*s\n", FB_STR_ARG(filings[i].statement));
            }
            fail_msg("all records refuse it: %s", err.message);
        }
        for (size_t i = 0; i < count; i++) {
            admitted_of[fb_kind_of(filings[i].kind)]++;
        }
    } else {
        refused++;
        if (getenv("FB_TALK")) {
            print_message("%s\n", err.message);
        }
        w->count = before;
        w->key_count = keys;
    }
    fb_docket_close(docket);
}

/* The number of the key that a record declares, or 0. */
static int key_of(const struct world *w, const struct fb_record *record)
{
    char print[FB_SSHKEY_FINGERPRINT];
    size_t k = w->key_count;
    while (k > 0 && !fb_str_is(fb_record_text(record, "fingerprint"),
                        fb_sshkey_fingerprint(&w->keys[k - 1].key, print))) {
        k--;
    }
    return k ? (int)k - 1 : 0;
}

static void begin(struct world *w, uint64_t seed)
{
    static const struct {
        const char *name, *role;
    } more[] = {{"r2", "regulator"}, {"r3", "regulator"}, {"dev2", "developer"}, {"aud", "auditor"},
        {"aud2", "auditor"}, {"op", "operator"}};
    static const char *const names[] = {
        "institute", "dev", "lab", "r2", "r3", "dev2", "aud", "aud2", "op"};
    memset(w, 0, sizeof(*w));
    w->state = seed * 0x9E3779B97F4A7C15u + 1;
    story_begin(&w->story);
    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        struct fb_docket_party party = {.id = fb_str_of(more[i].name),
            .title = fb_str_of(more[i].name),
            .role = fb_str_of(more[i].role)};
        FB_TEST_OK(fb_docket_introduce(w->story.docket, &party, &err));
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(w->holders[i], ID, "party/%s", names[i]);
        FB_TEST_OK(fb_docket_key(w->story.docket, fb_str_of(w->holders[i]), &w->keys[i], &err));
    }
    w->key_count = sizeof(names) / sizeof(names[0]);
    const struct fb_registry *registry = w->story.docket->registry;
    for (size_t i = 0; i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        char id[ID];
        snprintf(id, sizeof(id), "%.*s", FB_STR_ARG(record->id));
        if (record->id.len < ID) {
            add(w, id, fb_kind_name(record->kind));
            w->records[w->count - 1].version = key_of(w, record);
            snprintf(w->records[w->count - 1].party, ID, "%.*s",
                FB_STR_ARG(fb_record_text(record, "party")));
        }
    }
}

static void test_batches(void **unused)
{
    const char *more = getenv("FB_RANDOM_CASES"), *other = getenv("FB_RANDOM_SEED");
    size_t cases = more ? (size_t)strtoul(more, NULL, 10) : CASES;
    uint64_t seed = 1000 * (other ? strtoull(other, NULL, 10) : 0);
    static struct world w;
    (void)unused;
    for (size_t n = 0; n < cases; n++) {
        uint64_t size;
        begin(&w, seed + n);
        FB_TEST_OK(fb_docket_index(w.story.docket, true, &size, &err));
        for (size_t i = 0; i < BATCHES; i++) {
            w.story.now += (fb_time)roll(&w, 5) * FB_HOUR;
            file(&w);
        }
        story_end(&w.story);
    }
    print_message(
        "# %zu files admitted, %zu by the index; %zu refused\n#", admitted, by_excerpt, refused);
    for (int k = FB_KIND_NONE + 1; k < FB_KIND_END; k++) {
        if (admitted_of[k]) {
            print_message(" %s %zu", fb_kind_name((enum fb_kind)k), admitted_of[k]);
        }
    }
    print_message("\n");
    assert_true(admitted > 10 * cases && by_excerpt > admitted / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_batches)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
