/*
 * Tests of src/govern/excerpt.c and docket_index.c: what is answered about a system out of the
 * records that the index finds is what all records say, reasons included. Dockets are made up.
 * FB_RANDOM_CASES=1000 for more, FB_RANDOM_SEED=1 for others.
 */
#include <ftw.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/io.h"
#include "base/limit.h"
#include "fb_cut.h"
#include "fb_test.h"
#include "govern/docket_index.h"
#include "govern/excerpt.h"
#include "lang/lang.h"
#include "ledger/blob.h"
#include "random_docket.h"
#include "record/terms.h"
#include "report/report.h"

enum { CASES = 6, STEPS = 240, TEXT_MAX = 1 << 26, SYSTEMS = 16 };

static struct fb_err err;
static struct random_policies policies;
static size_t excerpts_seen, answers_seen, duties_seen, share_seen, records_seen;
static size_t added_seen, by_excerpt_seen, refused_seen, refused_by_excerpt_seen, unknown_seen;
static size_t then_seen, whys_seen, whys_by_excerpt_seen;
static fb_time known_too; /* of the next questions */

/* A docket in a folder, of what a made-up one says. */
struct real {
    char folder[64];
    char path[96];
    fb_time now;
    struct fb_docket *docket;
    struct random_docket *random;
    size_t seen;    /* records of the made-up one */
    size_t refused; /* of them */
    bool is_hidden; /* the index is out of the way */
};

static enum fb_code real_blob(struct real *real, struct fb_str digest, char out[80])
{
    struct fb_buf text;
    uint8_t bytes[FB_SHA256_SIZE];
    fb_buf_init(&text, FB_POLICY_TEXT_MAX);
    FB_TEST_OK(random_policies_blob(&policies, digest, &text, &err));
    FB_TEST_OK(fb_blob_put(real->docket->blobs, fb_buf_str(&text), bytes, &err));
    fb_buf_release(&text);
    memcpy(out, "sha256:", 7);
    fb_hex_encode(bytes, sizeof(bytes), out + 7);
    return FB_OK;
}

static void introduce(struct real *real, const char *id)
{
    struct fb_docket_party party = {
        .id = fb_str_of(id), .title = fb_str_of(id), .role = FB_STR("developer")};
    FB_TEST_OK(fb_docket_introduce(real->docket, &party, &err));
}

static void real_begin(struct real *real, struct random_docket *random)
{
    memset(real, 0, sizeof(*real));
    real->random = random;
    real->now = random->now;
    snprintf(real->folder, sizeof(real->folder), "%s/fb-excerpt-XXXXXX", fb_test_quick_folder());
    assert_non_null(mkdtemp(real->folder));
    snprintf(real->path, sizeof(real->path), "%s/docket", real->folder);
    struct fb_clock clock = fb_clock_fixed(&real->now);
    struct fb_docket_party office = {
        .id = FB_STR("office"), .title = FB_STR("Office"), .role = FB_STR("regulator")};
    struct fb_docket_make make = {.name = FB_STR("random"), .simulated = true};
    FB_TEST_OK(fb_docket_init(real->path, &make, &office, &clock, &err));
    FB_TEST_OK(fb_docket_open(real->path, &clock, true, &real->docket, &err));
    introduce(real, "0");
    introduce(real, "1");
    introduce(real, "2");
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static void real_end(struct real *real)
{
    fb_docket_close(real->docket);
    assert_int_equal(nftw(real->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void expect_same(const struct fb_err *got, const struct fb_err *want)
{
    assert_string_equal(got->message, want->message);
    assert_string_equal(got->hint, want->hint);
    assert_string_equal(got->path, want->path);
    assert_true(got->code == want->code && got->line == want->line);
    assert_true(got->column == want->column && got->offset == want->offset);
}

/* All records refuse a statement, in the same words. */
static void expect_refused(struct real *real, const struct fb_docket_add *options)
{
    struct fb_docket_added added;
    struct fb_arena arena;
    struct fb_err want;
    fb_err_init(&want);
    fb_arena_init(&arena, 1 << 24);
    FB_TEST_OK(fb_docket_catch_up(real->docket, &want));
    assert_int_not_equal(
        fb_docket_add_file(real->docket, "a record", options, &arena, &added, &want), FB_OK);
    expect_same(&err, &want);
    fb_arena_release(&arena);
}

/* Files a statement over the records that its admission rests on. Then all records must admit it
 * too, or refuse it too. */
static enum fb_code file_by_excerpt(struct real *real, struct fb_str statement)
{
    struct fb_docket *docket = NULL;
    struct fb_docket_added added;
    struct fb_arena arena;
    struct fb_clock clock = fb_clock_fixed(&real->now);
    const struct fb_docket_add options = {.text = statement};
    fb_arena_init(&arena, 1 << 24);
    FB_TEST_OK(fb_docket_open_to_add(real->path, &clock, true, &docket, &err));
    enum fb_code code = fb_docket_add_file(docket, "a record", &options, &arena, &added, &err);
    if (code == FB_OK) {
        added_seen++;
        by_excerpt_seen += fb_docket_is_excerpt(docket);
        FB_TEST_OK(fb_docket_catch_up(real->docket, &err));
    } else {
        refused_seen++;
        refused_by_excerpt_seen += fb_docket_is_excerpt(docket);
        expect_refused(real, &options);
    }
    fb_docket_close(docket);
    fb_arena_release(&arena);
    return code;
}

/* Files a statement as the party that it names. */
static enum fb_code file(struct real *real, struct fb_str statement, const struct fb_record *record,
    struct fb_str issuer)
{
    struct fb_docket_added added;
    fb_err_init(&err);
    if (real->seen % 2 && !real->is_hidden && record->kind != FB_KIND_policy) {
        return file_by_excerpt(real, statement);
    }
    const struct fb_filing filing = {
        .statement = statement, .kind = fb_str_of(fb_kind_name(record->kind)), .issuer = issuer};
    fb_err_init(&err);
    return fb_docket_file(real->docket, &filing, 1, &added, &err);
}

/* The statement of a made-up record, of another issuer, and with the digest of a blob that is
 * there. */
static void rewrite(
    struct real *real, const struct fb_record *record, struct fb_str issuer, struct fb_buf *out)
{
    struct fb_json *root = NULL;
    struct fb_arena arena;
    fb_arena_init(&arena, 1 << 20);
    fb_buf_clear(out);
    FB_TEST_OK(fb_json_parse(record->statement, "a record", NULL, &arena, &root, &err));
    struct fb_json *as = (struct fb_json *)(uintptr_t)fb_json_get(root, "issuer");
    as->text = issuer;
    if (record->kind == FB_KIND_policy) {
        char digest[80];
        struct fb_json *document =
            (struct fb_json *)(uintptr_t)fb_json_get(fb_json_get(root, "body"), "document");
        FB_TEST_OK(real_blob(real, document->text, digest));
        document->text = fb_arena_printf(&arena, "%s", digest);
    }
    FB_TEST_OK(fb_json_canonical(root, out, &err));
    fb_arena_release(&arena);
}

/* Files what the made-up docket has more, as it says or else as the office. */
static void catch_up(struct real *real)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_STATEMENT_MAX);
    for (; real->seen < fb_registry_count(real->random->registry); real->seen++) {
        const struct fb_record *record = fb_registry_at(real->random->registry, real->seen);
        if (record->kind == FB_KIND_party) {
            continue;
        }
        real->now = record->admitted;
        rewrite(real, record, record->issuer, &text);
        enum fb_code code = file(real, fb_buf_str(&text), record, record->issuer);
        if (code == FB_E_ROLE) {
            rewrite(real, record, FB_STR("party/office"), &text);
            code = file(real, fb_buf_str(&text), record, FB_STR("party/office"));
        }
        real->refused += code != FB_OK;
    }
    fb_buf_release(&text);
}

static void write_all(const struct fb_picture *picture, struct fb_str system, struct fb_buf *out)
{
    const struct fb_report_options options = {.width = 80, .system = system};
    fb_buf_init(out, TEXT_MAX);
    FB_TEST_OK(fb_report_status_json(picture, &options, out, &err));
    FB_TEST_OK(fb_report_html(picture, out, &err));
}

static void check_as_of(struct real *real, unsigned system, bool must_serve, fb_time as_of)
{
    struct fb_arena arena;
    struct fb_docket *docket = NULL;
    struct fb_picture all, own;
    struct fb_buf want, got;
    char name[40];
    struct fb_clock clock = fb_clock_fixed(&real->now);
    fb_arena_init(&arena, (size_t)1 << 30);
    snprintf(name, sizeof(name), system % 2 ? "%u" : "system/%u", system);
    struct fb_docket_question question = {
        .as_of = as_of, .known = known_too, .about = fb_str_of(name)};
    fb_err_init(&err);
    enum fb_code code = fb_docket_ask(real->docket, &question, &arena, &all, &err);
    if (code == FB_E_NOT_FOUND) { /* there is none, or it was refused */
        struct fb_err other;
        fb_err_init(&other);
        assert_int_equal(fb_docket_open_asked(
                             real->path, &clock, true, &question, &arena, &docket, &own, &other),
            FB_E_NOT_FOUND);
        expect_same(&other, &err);
        assert_true(fb_docket_is_excerpt(docket) || !must_serve);
        unknown_seen += fb_docket_is_excerpt(docket);
        fb_docket_close(docket);
        fb_arena_release(&arena);
        return;
    }
    assert_int_equal(code, FB_OK);
    struct fb_str id = fb_picture_named(&all, question.about, &err)->id;
    write_all(&all, id, &want);
    FB_TEST_OK(
        fb_docket_open_asked(real->path, &clock, true, &question, &arena, &docket, &own, &err));
    write_all(&own, id, &got);
    size_t at = 0, least = got.len < want.len ? got.len : want.len;
    while (at < least && got.ptr[at] == want.ptr[at]) {
        at++;
    }
    if (at < got.len || at < want.len) {
        size_t from = at > 300 ? at - 300 : 0;
        fail_msg("by index: %.900s\n\nof all: %.900s", got.ptr + from, want.ptr + from);
    }
    assert_true(fb_docket_is_excerpt(docket) || !must_serve);
    answers_seen++;
    duties_seen += own.duty_count;
    if (fb_docket_is_excerpt(docket)) {
        excerpts_seen++;
        share_seen += fb_excerpt_count(docket->excerpt);
        records_seen += fb_registry_count(real->docket->registry);
    }
    fb_docket_close(docket);
    fb_buf_release(&want);
    fb_buf_release(&got);
    fb_arena_release(&arena);
}

static void check(struct real *real, unsigned system, bool must_serve)
{
    check_as_of(real, system, must_serve, FB_TIME_MAX);
}

static void write_why(const struct fb_verdict *verdict, struct fb_buf *out)
{
    const struct fb_report_options options = {.width = 80};
    fb_buf_init(out, TEXT_MAX);
    FB_TEST_OK(fb_report_why_json(verdict, out, &err));
    FB_TEST_OK(fb_report_why_text(verdict, &options, out, &err));
}

/* Why a verdict is what it is: in a picture of everything, and as it is asked for alone. Whether it
 * was said by the index. */
static bool check_why(struct real *real, const struct fb_picture *all, struct fb_str id)
{
    struct fb_arena arena;
    struct fb_docket *docket = NULL;
    struct fb_picture own;
    struct fb_verdict expected, verdict;
    struct fb_buf want, got;
    struct fb_clock clock = fb_clock_fixed(&real->now);
    const struct fb_docket_question question = {
        .as_of = FB_TIME_MAX, .brief = true, .verdict = id, .out_verdict = &verdict};
    fb_arena_init(&arena, (size_t)1 << 30);
    FB_TEST_OK(fb_picture_find(all, id, &arena, &expected, &err));
    FB_TEST_OK(
        fb_docket_open_asked(real->path, &clock, true, &question, &arena, &docket, &own, &err));
    write_why(&expected, &want);
    write_why(&verdict, &got);
    assert_string_equal(got.ptr, want.ptr);
    bool by_index = fb_docket_is_excerpt(docket);
    whys_seen++;
    whys_by_excerpt_seen += by_index;
    fb_docket_close(docket);
    fb_buf_release(&want);
    fb_buf_release(&got);
    fb_arena_release(&arena);
    return by_index;
}

/* The reasons of some verdicts of everything. */
static void check_whys(struct real *real)
{
    enum { WHYS = 6 };
    const struct fb_docket_question question = {.as_of = FB_TIME_MAX, .brief = true};
    struct fb_arena arena;
    struct fb_picture all;
    fb_arena_init(&arena, (size_t)1 << 30);
    FB_TEST_OK(fb_docket_ask(real->docket, &question, &arena, &all, &err));
    size_t counts[4] = {all.duty_count, all.line_count, all.licence_count, all.order_count};
    for (unsigned k = 0; k < WHYS; k++) {
        unsigned what = k < 3 ? 0 : k - 2;
        if (counts[what] == 0) {
            continue;
        }
        size_t n = random_docket_roll(real->random, (unsigned)counts[what]);
        struct fb_str id = what == 0   ? all.duties[n].id
                           : what == 1 ? all.lines[n].id
                           : what == 2 ? all.licences[n].id
                                       : all.orders[n].id;
        (void)check_why(real, &all, id);
    }
    fb_arena_release(&arena);
}

/* What was known before some record, to which much came since. */
static void check_then(struct real *real, unsigned system)
{
    const struct fb_registry *registry = real->docket->registry;
    size_t n = random_docket_roll(real->random, (unsigned)fb_registry_count(registry));
    size_t before = excerpts_seen;
    fb_time at = fb_registry_at(registry, n)->admitted + random_docket_roll(real->random, 2);
    check_as_of(real, system, false, at);
    then_seen += excerpts_seen - before;
}

/* Moves the index out of the way, or back: what is filed meanwhile is not in it. */
static void hide_index(struct real *real, bool away)
{
    char here[128], there[128];
    snprintf(here, sizeof(here), "%s/index.db", real->path);
    snprintf(there, sizeof(there), "%s/index.away", real->folder);
    assert_int_equal(away ? rename(here, there) : rename(there, here), 0);
    real->is_hidden = away;
}

/* A key of a party is revoked, from before on: what it signed since does not count. */
static void revoke_key(struct real *real)
{
    struct fb_docket_added added;
    struct fb_docket_key_change change = FB_DOCKET_KEY_CHANGE;
    struct fb_sshkey_secret secret;
    const struct fb_registry *registry = real->docket->registry;
    FB_TEST_OK(fb_docket_key(real->docket, FB_STR("party/1"), &secret, &err));
    const struct fb_record *key = fb_registry_first(registry, FB_KIND_key);
    while (key && !fb_str_is(fb_record_text(key, "party"), "party/1")) {
        key = fb_registry_next(registry, key);
    }
    assert_non_null(key);
    change.party = FB_STR("party/1");
    change.issuer = FB_STR("party/office");
    change.key = &secret.key;
    change.supersedes = key->id;
    change.revoked = real->now - 9 * FB_DAY;
    FB_TEST_OK(fb_docket_change_key(real->docket, &change, &added, &err));
    fb_sshkey_wipe(&secret);
}

static void run(uint64_t seed, size_t first, size_t end, bool with_revocation)
{
    struct random_docket *random = calloc(1, sizeof(*random));
    struct real real;
    uint64_t size;
    assert_non_null(random);
    random_docket_begin_with(random, seed, first, end, SYSTEMS);
    real_begin(&real, random);
    catch_up(&real);
    FB_TEST_OK(fb_docket_index(real.docket, true, &size, &err));
    for (unsigned n = 0; n < STEPS; n++) {
        (void)random_docket_step(random);
        if (n % 40 == 9) {
            hide_index(&real, true);
        }
        catch_up(&real);
        if (n == STEPS / 2 && with_revocation) {
            revoke_key(&real);
        }
        if (n % 40 == 29) {
            hide_index(&real, false);
        }
        bool hidden = n % 40 >= 9 && n % 40 < 29;
        if (n % 8 == 5 && !hidden) {
            real.now += (fb_time)random_docket_roll(random, 30) * FB_HOUR;
            random->now = real.now;
            check(&real, random_docket_roll(random, SYSTEMS), !with_revocation);
            check(&real, random_docket_roll(random, SYSTEMS), !with_revocation);
            check(&real, n % 16 == 5 ? SYSTEMS : SYSTEMS + 1, !with_revocation);
            check_then(&real, random_docket_roll(random, SYSTEMS));
        }
        if (n % 48 == 37) {
            check_whys(&real);
        }
    }
    assert_true(real.seen > STEPS / 2 && real.refused < real.seen / 2);
    FB_TEST_OK(fb_docket_index_verify(real.docket, &size, &err));
    assert_true(size > STEPS / 2);
    real_end(&real);
    random_docket_end(random);
    free(random);
}

static void test_random(void **unused)
{
    const char *more = getenv("FB_RANDOM_CASES"), *other = getenv("FB_RANDOM_SEED");
    size_t cases = more ? (size_t)strtoul(more, NULL, 10) : CASES;
    uint64_t seed = 1000 * (other ? strtoull(other, NULL, 10) : 0);
    (void)unused;
    random_policies_read(&policies);
    size_t packs = policies.count;
    random_policies_add(&policies, random_policy_party);
    random_policies_add(&policies, random_policy_derived);
    for (size_t n = 0; n < cases; n++) {
        switch (n % 6) {
        case 0: /* all packs */
            run(seed + n, 0, packs, false);
            break;
        case 1:
            run(seed + n, 0, packs + 2, false);
            break;
        case 2:
            run(seed + n, packs, packs + 2, true);
            break;
        default:
            run(seed + n, packs, packs + 2, false);
            break;
        }
    }
    assert_true(answers_seen > 5 * cases && duties_seen > answers_seen);
    assert_true(excerpts_seen > answers_seen * 3 / 4);
    assert_true(share_seen < records_seen && by_excerpt_seen > added_seen * 3 / 4);
    assert_true(refused_by_excerpt_seen > refused_seen / 2 && unknown_seen > cases);
    assert_true(then_seen > 5 * cases && whys_by_excerpt_seen > whys_seen / 3);
    print_message("# %zu answers, %zu by the index, out of %zu of %zu records; %zu duties; "
                  "%zu records added, %zu by the index; %zu refused, %zu by the index; "
                  "%zu reasons, %zu by the index\n",
        answers_seen, excerpts_seen, share_seen, records_seen, duties_seen, added_seen,
        by_excerpt_seen, refused_seen, refused_by_excerpt_seen, whys_seen, whys_by_excerpt_seen);
    random_policies_free(&policies);
}

/* ---- the index, and what it is not good for ---- */

static void begin_small(struct real *real, struct random_docket *random, const char *policy)
{
    policies.count = 0;
    random_policies_add(&policies, policy ? policy : random_policy_derived);
    memset(random, 0, sizeof(*random));
    random_docket_begin_with(random, 5, 0, 1, SYSTEMS);
    real_begin(real, random);
    catch_up(real);
    for (unsigned n = 0; n < 60; n++) {
        (void)random_docket_step(random);
        catch_up(real);
    }
}

static void end_small(struct real *real)
{
    real_end(real);
    random_docket_end(real->random);
    random_policies_free(&policies);
}

/* Whether an answer comes by the index; it is right in any case. */
static bool is_served(struct real *real)
{
    size_t before = excerpts_seen;
    check(real, 1, false);
    return excerpts_seen > before;
}

static void index_path(const struct real *real, char out[128])
{
    snprintf(out, 128, "%s/index.db", real->path);
}

static uint64_t verified(struct real *real)
{
    uint64_t size;
    FB_TEST_OK(fb_docket_index_verify(real->docket, &size, &err));
    return size;
}

static void test_index(void **unused)
{
    static struct random_docket random;
    struct real real;
    char path[128];
    uint64_t size;
    (void)unused;
    begin_small(&real, &random, NULL);
    index_path(&real, path);
    uint64_t entries = fb_registry_count(real.docket->registry);
    /* A small ledger is not worth one. */
    FB_TEST_OK(fb_docket_index(real.docket, false, &size, &err));
    assert_true(size == 0 && !fb_io_exists(path) && verified(&real) == 0 && !is_served(&real));
    fb_limit_lower(FB_DOCKET_INDEX_MIN, (size_t)entries);
    FB_TEST_OK(fb_docket_index(real.docket, false, &size, &err));
    assert_true(size == entries && fb_io_exists(path) && verified(&real) == entries);
    assert_true(is_served(&real));
    fb_limit_lower(FB_DOCKET_INDEX_MIN, FB_DOCKET_INDEX_MIN);
    /* It is the same whatever goes to the file at once. */
    fb_io_remove(path);
    fb_limit_lower(FB_INDEX_MARKS_MAX, 7);
    FB_TEST_OK(fb_docket_index(real.docket, true, &size, &err));
    assert_true(size == entries && verified(&real) == entries && is_served(&real));
    fb_limit_lower(FB_INDEX_MARKS_MAX, FB_INDEX_MARKS_MAX);
    /* What is filed goes into one that is there. */
    while (fb_registry_count(real.docket->registry) == entries) {
        (void)random_docket_step(&random);
        catch_up(&real);
    }
    assert_true(verified(&real) > entries);
    /* One that cannot be written to does not keep anything from being filed. */
    fb_io_remove(path);
    FB_TEST_OK(fb_io_mkdir(path, 0700, &err));
    entries = fb_registry_count(real.docket->registry);
    while (fb_registry_count(real.docket->registry) == entries) {
        (void)random_docket_step(&random);
        catch_up(&real);
    }
    assert_false(is_served(&real));
    assert_int_equal(rmdir(path), 0);
    end_small(&real);
}

static void copy(const char *from, const char *to)
{
    struct fb_buf text;
    fb_buf_init(&text, 1 << 24);
    FB_TEST_OK(fb_io_read(from, &text, &err));
    FB_TEST_OK(fb_io_write(to, fb_buf_str(&text), 0600, &err));
    fb_buf_release(&text);
}

/* The index of another ledger is not used, and made anew by the next who writes. */
static void test_foreign(void **unused)
{
    static struct random_docket random, other_random;
    struct real real, other;
    char path[128], other_path[128];
    uint64_t size;
    (void)unused;
    begin_small(&other, &other_random, NULL);
    FB_TEST_OK(fb_docket_index(other.docket, true, &size, &err));
    random_policies_free(&policies);
    begin_small(&real, &random, NULL);
    index_path(&real, path);
    index_path(&other, other_path);
    copy(other_path, path);
    assert_true(verified(&real) == 0 && !is_served(&real));
    FB_TEST_OK(fb_docket_index(real.docket, true, &size, &err));
    assert_true(verified(&real) == size && size > 0 && is_served(&real));
    FB_TEST_OK(fb_io_write(path,
        FB_STR("no index at all: a text that somebody put there ......"
               "......................................................"),
        0600, &err));
    assert_false(is_served(&real));
    FB_TEST_OK(fb_docket_index(real.docket, true, &size, &err));
    assert_true(is_served(&real));
    real_end(&other);
    random_docket_end(&other_random);
    end_small(&real);
}

static void tamper(const struct real *real, const char *sql)
{
    sqlite3 *db = NULL;
    char path[128];
    index_path(real, path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* What was taken out of an index, or put into it, is found when it is compared; what names an entry
 * that is not there is not followed. */
static void test_altered(void **unused)
{
    static const char *const ways[] = {"DELETE FROM mark WHERE key = (SELECT min(key) FROM mark)",
        "INSERT INTO mark(key, first) VALUES(5, 5)",
        "UPDATE mark SET first = first + 1 WHERE key = (SELECT max(key) FROM mark)",
        "UPDATE mark SET first = 1000000 WHERE first > 20"};
    static struct random_docket random;
    struct real real;
    uint64_t size;
    (void)unused;
    begin_small(&real, &random, NULL);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        char path[128];
        index_path(&real, path);
        fb_io_remove(path);
        FB_TEST_OK(fb_docket_index(real.docket, true, &size, &err));
        tamper(&real, ways[i]);
        assert_int_equal(fb_docket_index_verify(real.docket, &size, &err), FB_E_CORRUPT);
        fb_err_init(&err);
    }
    assert_false(is_served(&real)); /* the last one */
    /* Nor is it believed that there is no such system. */
    char path[128], sql[100];
    index_path(&real, path);
    fb_io_remove(path);
    FB_TEST_OK(fb_docket_index(real.docket, true, &size, &err));
    snprintf(sql, sizeof(sql), "DELETE FROM mark WHERE key = %lld",
        (long long)fb_term_id(FB_STR("system/1")));
    tamper(&real, sql);
    assert_false(is_served(&real));
    end_small(&real);
}

/* Much that is not indexed, much that is needed, a rule that looks at all systems: all is read. */
static void test_not_served(void **unused)
{
    static struct random_docket random;
    struct real real;
    uint64_t size;
    (void)unused;
    begin_small(&real, &random, NULL);
    FB_TEST_OK(fb_docket_index(real.docket, true, &size, &err));
    assert_true(is_served(&real));
    fb_limit_lower(FB_EXCERPT_FEW, 0);
    assert_false(is_served(&real));
    fb_limit_lower(FB_EXCERPT_FEW, FB_EXCERPT_FEW);
    hide_index(&real, true);
    while (fb_registry_count(real.docket->registry) < size + 2) {
        (void)random_docket_step(&random);
        catch_up(&real);
    }
    hide_index(&real, false);
    assert_true(is_served(&real));
    fb_limit_lower(FB_EXCERPT_TAIL_MAX, 1);
    assert_false(is_served(&real));
    fb_limit_lower(FB_EXCERPT_TAIL_MAX, FB_EXCERPT_TAIL_MAX);
    end_small(&real);
    begin_small(&real, &random, random_policy_wide);
    FB_TEST_OK(fb_docket_index(real.docket, true, &size, &err));
    assert_false(is_served(&real));
    end_small(&real);
}

/* Whether it is said by the index that there is no such system; so all records say in any case. */
static bool is_unknown(struct real *real, const char *name)
{
    struct fb_docket *docket = NULL;
    struct fb_picture picture;
    struct fb_arena arena;
    struct fb_err want;
    struct fb_clock clock = fb_clock_fixed(&real->now);
    struct fb_docket_question question = {.as_of = FB_TIME_MAX, .about = fb_str_of(name)};
    fb_arena_init(&arena, (size_t)1 << 28);
    fb_err_init(&want);
    fb_err_init(&err);
    enum fb_code code = fb_docket_ask(real->docket, &question, &arena, &picture, &want);
    assert_int_equal(code, FB_E_NOT_FOUND);
    assert_int_equal(
        fb_docket_open_asked(real->path, &clock, true, &question, &arena, &docket, &picture, &err),
        FB_E_NOT_FOUND);
    expect_same(&err, &want);
    bool by_index = fb_docket_is_excerpt(docket);
    fb_docket_close(docket);
    fb_arena_release(&arena);
    return by_index;
}

static void remove_blob(struct real *real, struct fb_str digest)
{
    uint8_t bytes[FB_SHA256_SIZE];
    char path[FB_IO_PATH_MAX];
    assert_true(fb_hex_decode(fb_str_sub(digest, 7, digest.len), bytes, sizeof(bytes)));
    FB_TEST_OK(fb_blob_path(real->docket->blobs, bytes, path, sizeof(path), &err));
    fb_io_remove(path);
}

/* What is not there is said by the index, where it was not damaged; what is not found otherwise is
 * said by all records. */
static void test_unknown(void **unused)
{
    static struct random_docket random;
    static char name[400];
    struct real real;
    uint64_t size;
    (void)unused;
    begin_small(&real, &random, NULL);
    FB_TEST_OK(fb_docket_index(real.docket, true, &size, &err));
    assert_true(is_unknown(&real, "nosuch") && is_unknown(&real, "system/nosuch"));
    assert_true(is_unknown(&real, "party/0") && is_unknown(&real, "0 "));
    memset(name, 'x', sizeof(name) - 1);
    assert_true(is_unknown(&real, name));
    tamper(&real, "DELETE FROM mark WHERE key = (SELECT min(key) FROM mark)");
    assert_false(is_unknown(&real, "nosuch"));
    const struct fb_record *policy = fb_registry_first(real.docket->registry, FB_KIND_policy);
    remove_blob(&real, fb_record_text(policy, "document"));
    char path[128];
    index_path(&real, path);
    fb_io_remove(path);
    FB_TEST_OK(fb_docket_index(real.docket, true, &size, &err));
    fb_docket_close(real.docket);
    struct fb_clock clock = fb_clock_fixed(&real.now);
    FB_TEST_OK(fb_docket_open(real.path, &clock, true, &real.docket, &err));
    assert_false(is_unknown(&real, "nosuch"));
    end_small(&real);
}

static bool is_served_then(struct real *real, fb_time as_of)
{
    size_t before = excerpts_seen;
    check_as_of(real, 1, false, as_of);
    return excerpts_seen > before;
}

/* What was known before an instant is cut out of what is known now, the index behind or not; but
 * not where a blob was erased since, which is gone from then too. */
static void test_then(void **unused)
{
    static const char erasure[] =
        "{\"kind\":\"erasure\",\"id\":\"erasure/x\",\"issuer\":\"party/office\",\"at\":"
        "\"2026-01-01\",\"body\":{\"digest\":\"sha256:"
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\",\"reason\":\"r\","
        "\"bytes\":1}}";
    static struct random_docket random;
    struct real real;
    struct fb_docket_added added;
    struct fb_arena arena;
    const struct fb_docket_add options = {.text = {erasure, sizeof(erasure) - 1}};
    uint64_t size;
    (void)unused;
    begin_small(&real, &random, NULL);
    FB_TEST_OK(fb_docket_index(real.docket, true, &size, &err));
    const struct fb_registry *registry = real.docket->registry;
    fb_time first = fb_registry_at(registry, 0)->admitted, then = real.now;
    fb_time middle = fb_registry_at(registry, fb_registry_count(registry) / 2)->admitted;
    assert_true(is_served_then(&real, then) && is_served_then(&real, middle));
    assert_false(is_served_then(&real, first));
    hide_index(&real, true);
    while (fb_registry_count(real.docket->registry) < size + 9) {
        (void)random_docket_step(&random);
        catch_up(&real);
    }
    hide_index(&real, false);
    assert_true(is_served_then(&real, real.now) && is_served_then(&real, then));
    assert_true(is_served_then(&real, middle));
    known_too = then; /* at an instant, by what was known later: of all records */
    assert_false(is_served_then(&real, middle));
    known_too = 0;
    fb_arena_init(&arena, 1 << 24);
    real.now += FB_HOUR;
    FB_TEST_OK(fb_docket_add_file(real.docket, "a record", &options, &arena, &added, &err));
    fb_arena_release(&arena);
    assert_true(is_served_then(&real, real.now + 1));
    assert_false(is_served_then(&real, real.now) || is_served_then(&real, middle));
    end_small(&real);
}

/* The names of duties, short by what stands behind their system: only what is a whole name is said
 * by the index. */
static void check_short(struct real *real, const struct fb_picture *all)
{
    size_t seen = 0;
    for (size_t i = 0; i < all->duty_count && seen < 12; i++) {
        struct fb_str id = all->duties[i].id, found;
        size_t comma = fb_str_find(id, ',', 0);
        struct fb_str name = fb_str_sub(id, 0, comma < id.len ? comma : id.len - 1);
        struct fb_docket *docket = NULL;
        struct fb_picture own;
        struct fb_verdict verdict;
        struct fb_arena arena;
        struct fb_err want;
        struct fb_clock clock = fb_clock_fixed(&real->now);
        const struct fb_docket_question question = {
            .as_of = FB_TIME_MAX, .brief = true, .verdict = name, .out_verdict = &verdict};
        fb_arena_init(&arena, (size_t)1 << 28);
        fb_err_init(&want);
        fb_err_init(&err);
        enum fb_code code = fb_picture_find(all, name, &arena, &verdict, &want);
        found = code == FB_OK ? verdict.id : name;
        assert_int_equal(
            fb_docket_open_asked(real->path, &clock, true, &question, &arena, &docket, &own, &err),
            code);
        expect_same(&err, &want);
        assert_true(code != FB_OK || fb_str_eq(verdict.id, found));
        assert_true(!fb_docket_is_excerpt(docket) || fb_str_eq(found, name));
        seen += comma < id.len;
        fb_docket_close(docket);
        fb_arena_release(&arena);
    }
    assert_true(seen > 0);
}

/* What a name may be short for, and what corrections changed, is said by all records. */
static void test_why(void **unused)
{
    static struct random_docket random;
    struct real real;
    struct fb_picture all;
    struct fb_arena arena;
    const struct fb_docket_question everything = {.as_of = FB_TIME_MAX, .brief = true};
    uint64_t size;
    (void)unused;
    begin_small(&real, &random, NULL);
    FB_TEST_OK(fb_docket_index(real.docket, true, &size, &err));
    fb_arena_init(&arena, (size_t)1 << 28);
    FB_TEST_OK(fb_docket_ask(real.docket, &everything, &arena, &all, &err));
    assert_true(all.licence_count > 0);
    check_short(&real, &all);
    struct fb_str id = all.licences[0].id;
    assert_true(check_why(&real, &all, id));
    assert_false(check_why(&real, &all, fb_str_of(all.licences[0].handle)));
    const char *names[] = {"licence:train:system", "licence:train:system/none", "x:system/none"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct fb_docket *docket = NULL;
        struct fb_picture own;
        struct fb_verdict verdict;
        struct fb_err want;
        struct fb_clock clock = fb_clock_fixed(&real.now);
        const struct fb_docket_question question = {.as_of = FB_TIME_MAX,
            .brief = true,
            .verdict = fb_str_of(names[i]),
            .out_verdict = &verdict};
        fb_err_init(&want);
        fb_err_init(&err);
        assert_int_not_equal(
            fb_picture_find(&all, question.verdict, &arena, &verdict, &want), FB_OK);
        (void)(fb_docket_open_asked(
                   real.path, &clock, true, &question, &arena, &docket, &own, &err) == FB_OK);
        expect_same(&err, &want);
        assert_false(fb_docket_is_excerpt(docket));
        fb_docket_close(docket);
    }
    struct fb_docket *docket = NULL;
    struct fb_picture own;
    struct fb_verdict verdict;
    struct fb_clock clock = fb_clock_fixed(&real.now);
    const struct fb_docket_question told = {.as_of = FB_TIME_MAX,
        .brief = true,
        .verdict = id,
        .is_told_whole = true,
        .out_verdict = &verdict};
    FB_TEST_OK(fb_docket_open_asked(real.path, &clock, true, &told, &arena, &docket, &own, &err));
    assert_true(own.correction_count > 0 && !fb_docket_is_excerpt(docket));
    fb_docket_close(docket);
    fb_arena_release(&arena);
    end_small(&real);
}

/* Memory runs out anywhere: there is no answer, or the right one. */
static void test_no_memory(void **unused)
{
    static struct random_docket random;
    struct real real;
    uint64_t size;
    size_t failed = 0, served = 0;
    (void)unused;
    begin_small(&real, &random, NULL);
    FB_TEST_OK(fb_docket_index(real.docket, true, &size, &err));
    struct fb_clock clock = fb_clock_fixed(&real.now);
    struct fb_docket_question question = {.as_of = FB_TIME_MAX, .about = FB_STR("1")};
    struct fb_arena arena;
    struct fb_docket *docket = NULL;
    struct fb_picture picture;
    struct fb_buf want, got;
    fb_arena_init(&arena, (size_t)1 << 30);
    FB_TEST_OK(fb_docket_ask(real.docket, &question, &arena, &picture, &err));
    write_all(&picture, FB_STR("system/1"), &want);
    fb_arena_release(&arena);
    for (long n = 0; n < 4000; n += 1 + n / 20) {
        fb_arena_init(&arena, (size_t)1 << 30);
        fb_err_init(&err);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_docket_open_asked(
            real.path, &clock, true, &question, &arena, &docket, &picture, &err);
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || code == FB_E_NOMEM);
        failed += code != FB_OK;
        if (code == FB_OK) {
            served += fb_docket_is_excerpt(docket);
            write_all(&picture, FB_STR("system/1"), &got);
            assert_string_equal(got.ptr, want.ptr);
            fb_buf_release(&got);
        }
        fb_docket_close(docket);
        fb_arena_release(&arena);
    }
    assert_true(failed > 3 && served > 0);
    fb_buf_release(&want);
    end_small(&real);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_index),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_altered),
        cmocka_unit_test(test_not_served),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_then),
        cmocka_unit_test(test_why),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
