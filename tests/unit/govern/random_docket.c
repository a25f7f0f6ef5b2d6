#include "random_docket.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/json.h"
#include "fb_test.h"
#include "lang/lang.h"

enum { TEXT_MAX = 2000, BODY_MAX = RANDOM_BODY_MAX };

static struct fb_err err;

/* ---- policies ---- */

const char random_policy_wide[] =
    "policy \"alone/wide\"\n  title \"What binds others\"\n  version 1\n"
    "redline cyber(S)\n  title \"Breaks into systems\"\n"
    "  measure success of S on \"cybench\"\n"
    "  applies to systems with training compute >= 1e25 FLOP\n"
    "  crossed at 50% with 95% confidence\n"
    "  needs 200 samples, newer than 180 days\n"
    "redline small(S)\n  title \"The same of small systems\"\n"
    "  measure success of S on \"cybench\"\n"
    "  applies to systems with training compute < 1e25 FLOP\n"
    "  crossed at 50% with 95% confidence\n"
    "  needs 200 samples, newer than 180 days\n"
    "duty follow(S)\n  title \"audit what was made from it\"\n"
    "  when system S with derived_from B, developer P\n"
    "  if cyber(B) crossed or not ruled out\n  party P\n"
    "  must issue audit A of S with party P\n  within 10 days\n"
    "  lest restrict S\n";
const char random_policy_party[] =
    "policy \"alone/party\"\n  title \"What binds a party\"\n  version 1\n"
    "duty answer(P, I)\n  title \"answer for the incident\"\n"
    "  when incident I with known_to P, class death\n  party P\n"
    "  must report I to \"office\"\n  within 5 days\n  lest halt P\n";

const char random_policy_derived[] =
    "policy \"alone/derived\"\n  title \"All together\"\n  version 1\n"
    "redline cyber(S)\n  title \"Breaks into systems\"\n"
    "  measure success of S on \"cybench\"\n"
    "  applies to systems with training compute >= 1e25 FLOP\n"
    "  crossed at 50% with 95% confidence\n"
    "  needs 200 samples, newer than 20 days\n"
    "commitment hold(S) by \"0\"\n"
    "  while cyber(S) crossed or not ruled out\n"
    "  may not deploy S externally\n"
    "  must secure S at level 4 within 30 days lest halt S\n"
    "duty secure(S)\n  title \"show that it is secure\"\n"
    "  when system S with developer P and not level_held H of S with standard security, level >= "
    "3\n"
    "  party P\n  must issue audit A of S with party P\n  within 6 days\n  lest restrict S\n"
    "duty shown(S, H)\n  title \"tell who shows it\"\n"
    "  when level_held H of system S with issuer \"2\" and system S with developer P\n"
    "  party P\n  must issue measure M of S with name security\n  within 3 days\n"
    "duty obey(S, O)\n  title \"obey\"\n"
    "  when order_in_force O of system S with action halt and system S with developer P\n  party "
    "P\n"
    "  must issue measure M of S with name security\n  within 2 days\n  waived by \"office\"\n"
    "duty allow(S, G)\n  title \"let them in\"\n"
    "  when grant_standing G of system S with honoured refused and system S with developer P\n"
    "  party P\n  must issue measure M of S with name security\n  within 9 days\n"
    "duty unused(S, P)\n  title \"nobody of them looked\"\n"
    "  when system S with developer P and not grant_standing G with party P, honoured partial\n"
    "  party P\n  must issue measure M of S with name security\n  within 9 days\n"
    "duty tell(S, I)\n  title \"tell of the incident\"\n"
    "  when incident I of system S with known_to P\n  party P\n"
    "  must report I to \"office\"\n  within 8 days\n  waived by \"office\"\n"
    "duty warn(S, I)\n  title \"learn from what others met\"\n"
    "  when incident I with class death and system S with developer P\n"
    "  party P\n  must issue measure M of S with name security\n  within 4 days\n"
    "duty lineage(S)\n  title \"look at what it was made from\"\n"
    "  when system S with derived_from B, developer P and incident I of system B\n"
    "  party P\n  must issue audit A of S with party P\n  within 5 days\n"
    "duty share(S)\n  title \"tell how much was used\"\n"
    "  when share_of_original M of S with original O, developer P\n"
    "  if not share_of_original M of S with original O, high_share <= 0.3\n"
    "  party P\n  must issue audit A of S with party P\n  within 4 days\n"
    "  while not share_of_original M of S with high_share <= 0.3\n"
    "duty publish(P)\n  title \"publish it\"\n"
    "  when system S with developer P and incident I of system S with class cyber_breach\n"
    "  party P\n  must publish framework\n  within 10 days\n  lest halt P\n";

static enum fb_code take_policy(void *ctx, const char *path, struct fb_err *error)
{
    struct random_policies *policies = ctx;
    if (!fb_str_ends(fb_str_of(path), FB_STR(".fly"))) {
        return FB_OK;
    }
    assert_true(policies->count < RANDOM_POLICIES_MAX);
    struct fb_buf *text = &policies->texts[policies->count++];
    fb_buf_init(text, FB_POLICY_TEXT_MAX);
    return fb_io_read(path, text, error);
}

void random_policies_read(struct random_policies *policies)
{
    const char *root = getenv("FB_SOURCE_ROOT");
    char path[4096];
    policies->count = 0;
    snprintf(path, sizeof(path), "%s/packs", root ? root : ".");
    FB_TEST_OK(fb_io_walk(path, 2, take_policy, policies, &err));
    assert_true(policies->count >= 25);
}

void random_policies_add(struct random_policies *policies, const char *text)
{
    assert_true(policies->count < RANDOM_POLICIES_MAX);
    struct fb_buf *buf = &policies->texts[policies->count++];
    fb_buf_init(buf, FB_POLICY_TEXT_MAX);
    fb_buf_add_c(buf, text);
}

void random_policies_free(struct random_policies *policies)
{
    for (size_t i = 0; i < policies->count; i++) {
        fb_buf_release(&policies->texts[i]);
    }
}

enum fb_code random_policies_blob(
    void *ctx, struct fb_str digest, struct fb_buf *out, struct fb_err *error)
{
    const struct random_policies *policies = ctx;
    uint64_t number = 0;
    assert_true(fb_str_u64(fb_str_sub(digest, sizeof("sha256:") - 1, digest.len), &number));
    assert_true(number < policies->count);
    fb_buf_add_str(out, fb_buf_str(&policies->texts[number]));
    return fb_buf_check(out, "a policy", error);
}

/* ---- records ---- */

unsigned random_docket_roll(struct random_docket *docket, unsigned sides)
{
    docket->state ^= docket->state >> 12;
    docket->state ^= docket->state << 25;
    docket->state ^= docket->state >> 27;
    return (unsigned)((docket->state * 0x2545F4914F6CDD1Du) >> 33) % sides;
}

static enum fb_code assume(struct random_docket *docket, const char *text)
{
    struct fb_arena own;
    struct fb_buf canonical;
    struct fb_json *root = NULL;
    fb_arena_init(&own, 1 << 20);
    fb_buf_init(&canonical, TEXT_MAX);
    FB_TEST_OK(fb_json_parse(fb_str_of(text), "a record", NULL, &own, &root, &err));
    FB_TEST_OK(fb_json_canonical(root, &canonical, &err));
    enum fb_code code =
        fb_registry_assume(docket->registry, fb_buf_str(&canonical), docket->now, &err);
    fb_buf_release(&canonical);
    fb_arena_release(&own);
    return code;
}

static const char *party_name(unsigned p)
{
    static const char *const names[RANDOM_PARTIES] = {
        "party/0", "party/1", "party/2", "party/office"};
    return names[p];
}

/* The number of a record of a kind, of those that nobody corrected; SIZE_MAX: there is none. */
static size_t pick(struct random_docket *docket, const char *kind)
{
    size_t start = docket->count ? random_docket_roll(docket, (unsigned)docket->count) : 0;
    for (size_t i = 0; i < docket->count; i++) {
        size_t at = (start + i) % docket->count;
        if (!docket->records[at].corrected && strcmp(docket->records[at].kind, kind) == 0) {
            return at;
        }
    }
    return SIZE_MAX;
}

/* A statement in the making. */
struct draft {
    const char *kind;
    unsigned subject;
    bool about; /* it has a subject */
    const char *issuer;
    char body[BODY_MAX];
};

static const char *const kinds[] = {"incident", "report", "evaluation", "order", "licence", "audit",
    "measure", "deployment", "grant", "decision", "review", "access", "usage", "progress", "risk",
    "run"};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static bool is(const struct draft *draft, const char *kind)
{
    return strcmp(draft->kind, kind) == 0;
}

static void write_event(struct random_docket *docket, struct draft *draft, const char *at)
{
    static const char *const classes[] = {"death", "cyber_breach", "serious_harm", "near_miss"};
    const char *party = party_name(random_docket_roll(docket, 3));
    size_t incident = pick(docket, "incident");
    char about[80] = "";
    if (is(draft, "incident")) {
        snprintf(draft->body, BODY_MAX,
            "\"title\":\"x\",\"class\":\"%s\",\"known_to\":\"%s\",\"known_at\":\"%s\"",
            classes[random_docket_roll(docket, 4)], party, at);
    } else if (is(draft, "report")) {
        bool on = incident != SIZE_MAX && random_docket_roll(docket, 2);
        if (on) {
            draft->subject = docket->records[incident].subject;
            snprintf(about, sizeof(about), ",\"about\":\"incident/%zu\"", incident);
        }
        snprintf(draft->body, BODY_MAX, "\"to\":\"office\",\"stage\":\"initial\"%s%s%s",
            on ? "" : ",\"topic\":\"",
            on                              ? about
            : random_docket_roll(docket, 2) ? "notification"
                                            : "framework",
            on ? "" : "\"");
    } else if (is(draft, "evaluation")) {
        snprintf(draft->body, BODY_MAX,
            "\"task\":\"%s\",\"scorer\":\"s\",\"model\":\"m\",\"status\":\"success\",\"began\":"
            "\"%s\",\"ended\":\"%s\",\"samples\":300,\"succeeded_any\":%u,\"succeeded_all\":0,"
            "\"unresolved\":0",
            random_docket_roll(docket, 2) ? "cybench" : "replibench", at, at,
            random_docket_roll(docket, 3) * 140);
    } else if (is(draft, "deployment")) {
        snprintf(draft->body, BODY_MAX, "\"scope\":\"%s\",\"autonomy\":%u",
            random_docket_roll(docket, 2) ? "external" : "internal", random_docket_roll(docket, 4));
    } else if (is(draft, "usage")) {
        char began[FB_TIME_TEXT];
        unsigned hours = 1 + random_docket_roll(docket, 90);
        fb_time_format(docket->now - (fb_time)hours * FB_HOUR, began);
        snprintf(draft->body, BODY_MAX,
            "\"cluster\":\"c\",\"job\":\"%zu\",\"job_name\":\"j\",\"state\":\"COMPLETED\","
            "\"started\":\"%s\",\"ended\":\"%s\",\"gpus\":8,\"gpu_seconds\":%u",
            docket->count, began, at, 8 * 3600 * hours);
    }
}

static void write_authority(struct random_docket *docket, struct draft *draft, const char *at)
{
    static const char *const levels[] = {"granted", "refused", "suspended", "applied"};
    static const char *const orders[] = {"\"halt\"", "\"restrict\"", "\"secure\",\"level\":3"};
    const char *party = party_name(random_docket_roll(docket, 3));
    if (is(draft, "order")) {
        size_t order = pick(docket, "order");
        bool releases = order != SIZE_MAX && random_docket_roll(docket, 3) == 0;
        draft->about = !releases && random_docket_roll(docket, 2);
        if (releases) {
            snprintf(draft->body, BODY_MAX,
                "\"action\":\"release\",\"version\":%zu,\"reasons\":\"z\",\"releases\":\"order/"
                "%zu\"",
                docket->count + 2, order);
            draft->subject = docket->records[order].subject;
            draft->about = draft->subject < docket->systems;
        } else {
            snprintf(draft->body, BODY_MAX, "\"action\":%s,\"version\":1,\"reasons\":\"y\"%s",
                orders[random_docket_roll(docket, 3)],
                draft->about ? "" : ",\"party\":\"party/0\"");
        }
    } else if (is(draft, "licence")) {
        snprintf(draft->body, BODY_MAX, "\"action\":\"%s\",\"state\":\"%s\",\"version\":%zu",
            random_docket_roll(docket, 2) ? "deploy" : "train",
            levels[random_docket_roll(docket, 4)], docket->count + 1);
    } else if (is(draft, "audit")) {
        snprintf(draft->body, BODY_MAX,
            "\"party\":\"%s\",\"scope\":\"all\",\"method\":\"documents\",\"result\":"
            "\"passed\",\"began\":\"%s\",\"ended\":\"%s\",\"standard\":\"security\",\"level\":%u",
            party, at, at, random_docket_roll(docket, 5));
    } else if (is(draft, "measure")) {
        snprintf(draft->body, BODY_MAX, "\"name\":\"security\",\"level\":%u",
            random_docket_roll(docket, 5));
    } else if (is(draft, "grant")) {
        snprintf(draft->body, BODY_MAX,
            "\"party\":\"%s\",\"form\":\"activations\",\"state\":\"granted\","
            "\"valid_until\":\"2027-01-01T00:00:00Z\"",
            party);
    }
}

/* A run of a system, which may have been made from another. */
static void write_run(struct random_docket *docket, struct draft *draft)
{
    static const char *const plans[] = {"1e+22", "9e+23", "1.1e+25"};
    static const char *const states[] = {"planned", "running", "finished"};
    char plan[40] = "";
    if (is(draft, "run")) {
        if (random_docket_roll(docket, 4)) {
            snprintf(
                plan, sizeof(plan), ",\"planned_flop\":%s", plans[random_docket_roll(docket, 3)]);
        }
        snprintf(draft->body, BODY_MAX,
            "\"title\":\"r\",\"purpose\":\"fine_tuning\",\"state\":\"%s\"%s",
            states[random_docket_roll(docket, 3)], plan);
    }
}

/* What is said about another record. */
static void write_answer(struct random_docket *docket, struct draft *draft, const char *at)
{
    char before[FB_TIME_TEXT];
    size_t of;
    if (is(draft, "decision") && random_docket_roll(docket, 2)) {
        if ((of = pick(docket, "report")) == SIZE_MAX) {
            return;
        }
        draft->issuer = "party/office";
        draft->subject = docket->records[of].subject;
        fb_time_format(docket->now - (fb_time)random_docket_roll(docket, 200) * FB_HOUR, before);
        snprintf(draft->body, BODY_MAX,
            "\"topic\":\"receipt\",\"outcome\":\"noted\",\"reasons\":\"r\",\"about\":\"report/"
            "%zu\","
            "\"valid_from\":\"%s\"",
            of, before);
    } else if (is(draft, "decision")) {
        snprintf(draft->body, BODY_MAX,
            "\"topic\":\"waiver\",\"outcome\":\"%s\",\"reasons\":\"r\",\"valid_from\":\"%s\","
            "\"party\":\"%s\"",
            random_docket_roll(docket, 3) ? "granted" : "refused", at,
            party_name(random_docket_roll(docket, 3)));
        draft->issuer = "party/office";
    } else if (is(draft, "review") && (of = pick(docket, "evaluation")) != SIZE_MAX) {
        draft->subject = docket->records[of].subject;
        snprintf(draft->body, BODY_MAX,
            "\"about\":\"evaluation/%zu\",\"finding\":\"%s\",\"reasons\":\"r\"", of,
            random_docket_roll(docket, 2) ? "rejected" : "upheld");
    } else if (is(draft, "access") && (of = pick(docket, "grant")) != SIZE_MAX) {
        draft->subject = docket->records[of].subject;
        snprintf(draft->body, BODY_MAX,
            "\"grant\":\"grant/%zu\",\"honoured\":\"%s\",\"began\":\"%s\"", of,
            random_docket_roll(docket, 2) ? "partial" : "refused", at);
    } else if (is(draft, "progress")) {
        draft->about = false;
        snprintf(draft->body, BODY_MAX,
            "\"series\":\"%s\",\"date\":\"%s\",\"value\":%u,\"source\":\"x\"",
            random_docket_roll(docket, 2) ? "horizon" : "training_compute", at,
            1 + random_docket_roll(docket, 1000));
    } else if (is(draft, "risk")) {
        snprintf(draft->body, BODY_MAX,
            "\"name\":\"misuse_bio\",\"upper\":%u,\"unit\":\"deaths\",\"model\":\"m\"",
            random_docket_roll(docket, 50));
    }
}

/* Writes a statement and offers it. */
static bool offer(struct random_docket *docket, const struct draft *draft, const char *supersedes)
{
    char text[TEXT_MAX], at[FB_TIME_TEXT], subject[60] = "", corrects[60] = "";
    fb_time_format(docket->now, at);
    if (draft->about) {
        snprintf(subject, sizeof(subject), ",\"subject\":\"system/%u\"", draft->subject);
    }
    if (supersedes) {
        snprintf(corrects, sizeof(corrects), ",\"supersedes\":\"%s\"", supersedes);
    }
    snprintf(text, sizeof(text),
        "{\"at\":\"%s\",\"body\":{%s},\"id\":\"%s/%zu\",\"issuer\":\"%s\",\"kind\":\"%s\"%s%s}", at,
        draft->body, draft->kind, docket->count, draft->issuer, draft->kind, subject, corrects);
    if (draft->body[0] == '\0' || assume(docket, text) != FB_OK) {
        docket->refused++;
        return false;
    }
    struct random_record *record = &docket->records[docket->count++];
    snprintf(record->kind, sizeof(record->kind), "%s", draft->kind);
    record->subject = draft->about ? draft->subject : RANDOM_SYSTEMS_MAX;
    record->corrected = false;
    record->issuer = draft->issuer;
    snprintf(record->body, sizeof(record->body), "%s", draft->body);
    return true;
}

/* A system is described anew. */
static bool correct_system(struct random_docket *docket)
{
    static const char *const figures[] = {"", ",\"training_compute_flop\":3e+25",
        ",\"training_compute_flop\":3.4e+25", ",\"training_compute_flop\":3e+22"};
    char text[TEXT_MAX], at[FB_TIME_TEXT], older[40], from[80] = "";
    unsigned s = random_docket_roll(docket, docket->systems);
    fb_time_format(docket->now, at);
    if (s > 0 && random_docket_roll(docket, 2)) {
        snprintf(from, sizeof(from), "\"derivation\":\"%s\",\"derived_from\":\"system/%u\",",
            random_docket_roll(docket, 3) ? "fine_tuning" : "distillation",
            random_docket_roll(docket, s));
    }
    snprintf(
        older, sizeof(older), docket->heads[s] ? "system/%u-%u" : "system/%u", s, docket->heads[s]);
    snprintf(text, sizeof(text),
        "{\"at\":\"%s\",\"body\":{%s\"developer\":\"party/%u\",\"title\":\"S\"%s},\"id\":"
        "\"system/%u-%u\",\"issuer\":\"party/0\",\"kind\":\"system\",\"supersedes\":\"%s\"}",
        at, from, random_docket_roll(docket, 2), figures[random_docket_roll(docket, 4)], s,
        docket->heads[s] + 1, older);
    if (assume(docket, text) != FB_OK) {
        docket->refused++;
        return false;
    }
    docket->heads[s]++;
    return true;
}

bool random_docket_step(struct random_docket *docket)
{
    char at[FB_TIME_TEXT], older[40];
    assert_true(docket->count < RANDOM_RECORDS_MAX);
    /* Much is admitted at one instant. */
    docket->now +=
        random_docket_roll(docket, 2) ? (fb_time)random_docket_roll(docket, 72) * FB_HOUR : 0;
    fb_time_format(docket->now, at);
    if (random_docket_roll(docket, 20) == 0) {
        return correct_system(docket);
    }
    struct draft draft = {.kind = kinds[random_docket_roll(docket, KINDS)],
        .subject = random_docket_roll(docket, docket->systems),
        .about = true,
        .issuer = party_name(random_docket_roll(docket, 3))};
    size_t corrected = random_docket_roll(docket, 4) == 0 ? pick(docket, draft.kind) : SIZE_MAX;
    write_event(docket, &draft, at);
    write_authority(docket, &draft, at);
    write_run(docket, &draft);
    write_answer(docket, &draft, at);
    if (corrected == SIZE_MAX) {
        return offer(docket, &draft, NULL);
    }
    snprintf(older, sizeof(older), "%s/%zu", draft.kind, corrected);
    draft.subject = docket->records[corrected].subject;
    draft.about = draft.subject < docket->systems;
    if (random_docket_roll(docket, 2)) { /* the same again */
        memcpy(draft.body, docket->records[corrected].body, sizeof(draft.body));
        draft.issuer = docket->records[corrected].issuer;
    }
    bool good = offer(docket, &draft, older);
    docket->records[corrected].corrected = docket->records[corrected].corrected || good;
    return good;
}

/* Puts a policy in force by a record. */
static void put_policy(
    struct random_docket *docket, size_t number, size_t name, size_t version, const char *more)
{
    char text[TEXT_MAX], at[FB_TIME_TEXT];
    fb_time_format(docket->now, at);
    snprintf(text, sizeof(text),
        "{\"at\":\"%s\",\"body\":{\"document\":\"sha256:%064zu\",\"name\":\"p/%zu\",\"version\""
        ":%zu},\"id\":\"policy/%zu\",\"issuer\":\"party/0\",\"kind\":\"policy\"%s}",
        at, number, name, version, number, more);
    FB_TEST_OK(assume(docket, text));
}

void random_docket_policy(struct random_docket *docket, size_t number)
{
    put_policy(docket, number, number, 1, "");
}

void random_docket_version(struct random_docket *docket, size_t number)
{
    char more[60];
    snprintf(more, sizeof(more), ",\"supersedes\":\"policy/%zu\"", number - 1);
    put_policy(docket, number, 0, number + 1, more);
}

void random_docket_begin(struct random_docket *docket, uint64_t seed, size_t first, size_t end)
{
    random_docket_begin_with(docket, seed, first, end, RANDOM_SYSTEMS);
}

void random_docket_begin_with(
    struct random_docket *docket, uint64_t seed, size_t first, size_t end, unsigned systems)
{
    char text[TEXT_MAX], at[FB_TIME_TEXT];
    memset(docket, 0, sizeof(*docket));
    assert_true(systems <= RANDOM_SYSTEMS_MAX);
    docket->systems = systems;
    docket->now = fb_days_from_civil(2026, 8, 10) * FB_DAY;
    docket->state = 0x9e3779b97f4a7c15u * (seed + 1);
    FB_TEST_OK(fb_registry_new(&docket->registry, &err));
    fb_time_format(docket->now, at);
    for (unsigned p = 0; p < RANDOM_PARTIES; p++) {
        snprintf(text, sizeof(text),
            "{\"at\":\"%s\",\"body\":{\"role\":\"%s\",\"title\":\"P\"},\"id\":\"%s\","
            "\"issuer\":\"party/0\",\"kind\":\"party\"}",
            at, p == RANDOM_PARTIES - 1 ? "regulator" : "developer", party_name(p));
        FB_TEST_OK(assume(docket, text));
    }
    for (size_t n = first; n < end; n++) {
        random_docket_policy(docket, n);
    }
    for (unsigned s = 0; s < systems; s++) {
        char from[60] = "";
        if (s > 0 && random_docket_roll(docket, 2)) {
            snprintf(from, sizeof(from),
                "\"derivation\":\"fine_tuning\",\"derived_from\":\"system/%u\",",
                random_docket_roll(docket, s));
        }
        snprintf(text, sizeof(text),
            "{\"at\":\"%s\",\"body\":{%s\"developer\":\"party/%u\",\"title\":\"S\",\"training_"
            "compute_flop\":%s},\"id\":\"system/%u\",\"issuer\":\"party/0\",\"kind\":\"system\"}",
            at, from, random_docket_roll(docket, 2),
            random_docket_roll(docket, 3) ? "3e+25" : "3e+22", s);
        FB_TEST_OK(assume(docket, text));
    }
}

void random_docket_end(struct random_docket *docket)
{
    fb_registry_free(docket->registry);
}
