/*
 * Proofs of dockets (govern/proving.c, proving_file.c; proof/check_duty.c, check_keys.c,
 * check_settle.c, check_line.c; engine/prove_answer.c): every red line, duty, order and licence of
 * every test history of the packs, and of tests/lang/histories, has a proof that the checker
 * accepts by the records alone, and does not accept once something in it is changed.
 */
#include <dirent.h>

#include "base/io.h"
#include "fb_test.h"
#include "govern/docket_proof.h"
#include "govern/test_history.h"
#include "proof/proof_file.h"

#define ARENA_MAX ((size_t)1 << 30)

static struct fb_err err;

/* How many of what were seen. */
static struct {
    size_t histories;
    size_t lines;
    size_t duties;
    size_t statuses[16]; /* by status of a duty */
    size_t judgements;
    size_t proofs;
    size_t refused; /* of those changed by chance */
    size_t changed; /* of every twentieth proof */
    size_t orders;
    size_t many;        /* that claimed to rest on too many duties */
    size_t led;         /* those that a breach led to */
    size_t licences[8]; /* that are not allowed, by action */
    size_t allowed[8];
    size_t exempt; /* allowed, and without a proof */
    size_t forged; /* proofs of what is allowed, with something left out */
    size_t left_out;
} tally;

static const char *source(const char *relative, char path[4096])
{
    const char *root = getenv("FB_SOURCE_ROOT");
    snprintf(path, 4096, "%s/%s", root ? root : ".", relative);
    return path;
}

/* Checks a proof that is changed in one place: it must not be accepted, unless what was changed
 * leaves the text as it was. */
static void refuse_change(const struct fb_govern_input *input, const struct fb_buf *proof,
    const char *from, const char *to)
{
    struct fb_buf changed;
    struct fb_err why;
    struct fb_proof_claimed claimed;
    struct fb_str text = fb_buf_str(proof);
    char *at = memmem(text.ptr, text.len, from, strlen(from));
    if (!at) {
        return;
    }
    fb_err_init(&why);
    fb_buf_init(&changed, FB_DOCKET_PROOF_MAX);
    size_t before = (size_t)(at - text.ptr);
    fb_buf_add_str(&changed, fb_str_sub(text, 0, before));
    fb_buf_add_c(&changed, to);
    fb_buf_add_str(&changed, fb_str_sub(text, before + strlen(from), text.len));
    enum fb_code code = fb_docket_proof_check(input, fb_buf_str(&changed), &claimed, &why);
    if (code == FB_OK) {
        fail_msg("accepted with '%s' in place of '%s':\n%.*s", to, from,
            FB_STR_ARG(fb_buf_str(&changed)));
    }
    assert_true(why.message[0] != 0);
    tally.changed++;
    fb_buf_release(&changed);
}

/* A proof that ends before its end. */
static void refuse_cut(const struct fb_govern_input *input, const struct fb_buf *proof)
{
    struct fb_str text = fb_buf_str(proof);
    struct fb_err why;
    struct fb_proof_claimed claimed;
    size_t end = text.len - 1;
    while (end > 0 && text.ptr[end - 1] != '\n') {
        end--;
    }
    fb_err_init(&why);
    assert_true(fb_docket_proof_check(input, fb_str_sub(text, 0, end), &claimed, &why) != FB_OK);
}

/* A proof that says it rests on more duties than it may. */
static void refuse_many(const struct fb_govern_input *input, const struct fb_buf *proof)
{
    struct fb_buf changed;
    struct fb_proof_claimed claimed;
    struct fb_str text = fb_buf_str(proof);
    const char *at = memmem(text.ptr, text.len, "\"rests\":[", 9);
    size_t before = at ? (size_t)(at - text.ptr) + 9 : 0;
    if (!at || text.ptr[before] != '{') {
        return;
    }
    fb_err_init(&err);
    fb_buf_init(&changed, FB_DOCKET_PROOF_MAX);
    fb_buf_add_str(&changed, fb_str_sub(text, 0, before));
    for (int i = 0; i < FB_PROVING_RESTS_MAX; i++) {
        fb_buf_add_c(&changed, "{},");
    }
    fb_buf_add_str(&changed, fb_str_sub(text, before, text.len));
    FB_TEST_FAILS(fb_docket_proof_check(input, fb_buf_str(&changed), &claimed, &err), FB_E_LIMIT);
    tally.many++;
    fb_buf_release(&changed);
}

static uint64_t chance = 1;

static size_t draw(size_t below)
{
    chance = chance * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(chance >> 33) % below;
}

/* Bytes of a proof changed by chance: whatever it is then, it is answered, and a refusal says why.
 * (The side of an `or` that is proved may be another one, so not every change is refused.) */
static void change_by_chance(const struct fb_govern_input *input, const struct fb_buf *proof)
{
    static const char bytes[] = "0129{}[],:\"nft-e\\\n\xff ";
    for (int round = 0; round < 40; round++) {
        struct fb_buf changed;
        struct fb_err why;
        struct fb_proof_claimed claimed;
        fb_err_init(&why);
        fb_buf_init(&changed, FB_DOCKET_PROOF_MAX);
        fb_buf_add_str(&changed, fb_buf_str(proof));
        for (size_t k = draw(4) + 1; k > 0; k--) {
            size_t at = draw(changed.len);
            char other = changed.ptr[draw(changed.len)];
            changed.ptr[at] = draw(3) ? bytes[draw(sizeof(bytes) - 1)] : other;
        }
        struct fb_str text = fb_buf_str(&changed);
        text.len = draw(4) ? text.len : draw(text.len);
        enum fb_code code = fb_docket_proof_check(input, text, &claimed, &why);
        assert_true(code == FB_OK || why.message[0] != 0);
        tally.refused += code != FB_OK;
        fb_buf_release(&changed);
    }
}

static void prove(
    const struct fb_govern_input *input, const struct fb_picture *picture, struct fb_str id)
{
    struct fb_buf proof;
    struct fb_proof_claimed made = {.judgements = 0}, checked = {.judgements = 0};
    fb_buf_init(&proof, FB_DOCKET_PROOF_MAX);
    fb_err_init(&err);
    if (fb_picture_prove(picture, id, &proof, &made, &err) != FB_OK) {
        fail_msg("%.*s: %s", FB_STR_ARG(id), err.message);
    }
    if (fb_docket_proof_check(input, fb_buf_str(&proof), &checked, &err) != FB_OK) {
        fail_msg("%.*s:%u: %s\n%.*s", FB_STR_ARG(id), err.line, err.message,
            FB_STR_ARG(fb_buf_str(&proof)));
    }
    assert_int_equal(made.judgements, checked.judgements);
    tally.judgements += made.judgements;
    tally.proofs++;
    if (tally.proofs % 20) {
        fb_buf_release(&proof);
        return;
    }
    refuse_change(input, &proof, "\"status\":\"", "\"status\":\"un");
    refuse_change(input, &proof, "\"verdict\":\"", "\"verdict\":\"x");
    refuse_change(input, &proof, "\",\"kind\":", "#2\",\"kind\":");
    refuse_change(input, &proof, "\"since\":\"2", "\"since\":\"1");
    refuse_change(input, &proof, "\"deadline\":\"2", "\"deadline\":\"1");
    refuse_change(input, &proof, "\"breached\":\"2", "\"breached\":\"1");
    refuse_change(input, &proof, "\"party\":\"party/", "\"party\":\"party/x");
    refuse_change(input, &proof, "\"holds\":false", "\"holds\":true");
    refuse_change(input, &proof, "\"holds\":true", "\"holds\":false");
    refuse_change(input, &proof, "\"rule\":\"absent\"", "\"rule\":\"computed\"");
    refuse_change(input, &proof, "\"rule\":\"fact\"", "\"rule\":\"absent\"");
    refuse_change(input, &proof, "\"record\":\"", "\"record\":\"x");
    refuse_change(input, &proof, "\"lower\":\"0", "\"lower\":\"1");
    refuse_change(input, &proof, "\"status\":\"not allowed", "\"status\":\"allowed");
    refuse_change(input, &proof, "\"status\":\"in force", "\"status\":\"ended");
    refuse_change(input, &proof, "\"action\":\"", "\"action\":\"un");
    refuse_change(input, &proof, "\"rests\":[{", "\"rests\":[{\"x\":1,");
    if (made.judgements > 0) {
        refuse_cut(input, &proof);
    }
    refuse_many(input, &proof);
    change_by_chance(input, &proof);
    fb_buf_release(&proof);
}

/* A proof that is forged must not be accepted. */
static void refuse_forged(const struct fb_govern_input *input, const struct fb_buf *forged)
{
    struct fb_proof_claimed claimed;
    struct fb_err why;
    fb_err_init(&why);
    enum fb_code code = fb_docket_proof_check(input, fb_buf_str(forged), &claimed, &why);
    if (code == FB_OK) {
        fail_msg("accepted: %.*s", FB_STR_ARG(fb_buf_str(forged)));
    }
    assert_true(why.message[0]);
    tally.forged++;
}

/* A list of all that are owed, with its first row left out and counted as if it were not there;
 * false when it has none. */
static bool leave_out(struct fb_str line, struct fb_arena *arena, struct fb_buf *out)
{
    struct fb_proof_entry entry;
    struct fb_value count[1];
    fb_err_init(&err);
    if (!fb_str_starts(line, FB_STR("{\"about\":\"all that are owed\""))) {
        return false;
    }
    FB_TEST_OK(fb_proof_read(line, fb_policy_signature(), arena, &entry, &err));
    struct fb_proof_step *group = (struct fb_proof_step *)(uintptr_t)entry.proof;
    if (group->kid->rule != FB_RULE_ROW) {
        return false;
    }
    count[0] = fb_value_int(group->values[0].u.integer - 1);
    group->values = count;
    group->kid = group->kid->next;
    FB_TEST_OK(fb_proof_write(&entry, fb_policy_signature(), out, &err));
    return true;
}

/* Leaves a judgement out (of a rule, of an obligation), and an obligation of a list of them. */
static void forge_allowed(const struct fb_govern_input *input, const struct fb_buf *proof)
{
    struct fb_arena arena;
    struct fb_buf forged;
    struct fb_str rest = fb_buf_str(proof), line;
    fb_arena_init(&arena, ARENA_MAX);
    fb_buf_init(&forged, FB_DOCKET_PROOF_MAX);
    for (bool first = true; fb_str_line(&rest, &line); first = false) {
        struct fb_str before = fb_str_sub(fb_buf_str(proof), 0, (size_t)(line.ptr - proof->ptr));
        if (first) {
            continue;
        }
        fb_buf_clear(&forged);
        fb_buf_add_str(&forged, before);
        fb_buf_add_str(&forged, rest);
        refuse_forged(input, &forged);
        fb_buf_clear(&forged);
        fb_buf_add_str(&forged, before);
        if (leave_out(line, &arena, &forged)) {
            fb_buf_add_str(&forged, rest);
            refuse_forged(input, &forged);
            tally.left_out++;
        }
    }
    fb_buf_release(&forged);
    fb_arena_release(&arena);
}

/* That nothing forbids an action is proved by all rules that could; not that no rule applies. */
static void prove_allowed(const struct fb_govern_input *input, const struct fb_picture *picture,
    const struct fb_licence_view *licence)
{
    struct fb_buf proof;
    struct fb_proof_claimed made, checked;
    fb_buf_init(&proof, FB_DOCKET_PROOF_MAX);
    fb_err_init(&err);
    enum fb_code code = fb_picture_prove(picture, licence->id, &proof, &made, &err);
    size_t system = fb_picture_system(picture, licence->system);
    if (code == FB_E_UNSUPPORTED && picture->systems[system].exempt) {
        assert_non_null(strstr(err.message, "because no rule in force applies"));
        tally.exempt++;
    } else if (code) {
        fail_msg("%.*s: %s", FB_STR_ARG(licence->id), err.message);
    } else {
        FB_TEST_OK(fb_docket_proof_check(input, fb_buf_str(&proof), &checked, &err));
        assert_int_equal(made.judgements, checked.judgements);
        tally.allowed[licence->action]++;
        tally.judgements += made.judgements;
        if (tally.allowed[licence->action] % 10 == 1) {
            forge_allowed(input, &proof);
            change_by_chance(input, &proof);
        }
        refuse_change(input, &proof, "\"status\":\"allowed", "\"status\":\"not allowed");
        refuse_change(input, &proof, "licence:train", "licence:deploy");
    }
    fb_buf_release(&proof);
}

/* Everything that one moment of a history says. */
static void prove_all(struct fb_test_history *history, fb_time at)
{
    struct fb_arena arena;
    struct fb_registry *registry = NULL;
    struct fb_picture picture;
    fb_arena_init(&arena, ARENA_MAX);
    fb_err_init(&err);
    FB_TEST_OK(fb_test_history_build(history, at, &arena, &registry, &err));
    struct fb_govern_input input = {.registry = registry,
        .now = at,
        .as_of = FB_TIME_MAX,
        .brief = true,
        .read_blob = fb_test_history_blob,
        .blob_ctx = history};
    FB_TEST_OK(fb_govern_evaluate(&input, &arena, &picture, &err));
    picture.origin = FB_STR("test");
    for (size_t i = 0; i < picture.line_count; i++, tally.lines++) {
        prove(&input, &picture, picture.lines[i].id);
    }
    for (size_t i = 0; i < picture.duty_count; i++, tally.duties++) {
        tally.statuses[picture.duties[i].obligation.status]++;
        prove(&input, &picture, picture.duties[i].id);
    }
    for (size_t i = 0; i < picture.order_count; i++, tally.orders++) {
        tally.led += picture.orders[i].duty != NULL;
        prove(&input, &picture, picture.orders[i].id);
    }
    for (size_t i = 0; i < picture.licence_count; i++) {
        if (picture.licences[i].allowed) {
            prove_allowed(&input, &picture, &picture.licences[i]);
        } else {
            tally.licences[picture.licences[i].action]++;
            prove(&input, &picture, picture.licences[i].id);
        }
    }
    tally.histories++;
    fb_registry_free(registry);
    fb_arena_release(&arena);
}

static void prove_file(const char *relative)
{
    char path[4096];
    struct fb_buf text;
    struct fb_arena arena;
    struct fb_policy_errors errors;
    const struct fb_test *tests = NULL;
    fb_buf_init(&text, FB_POLICY_TEXT_MAX);
    fb_arena_init(&arena, ARENA_MAX);
    FB_TEST_OK(fb_io_read(source(relative, path), &text, &err));
    if (fb_policy_tests(fb_buf_str(&text), relative, &arena, &tests, &errors) != FB_OK) {
        fail_msg("%s: %s", relative, errors.items[0].message);
    }
    for (; tests; tests = tests->next) {
        struct fb_test_history history = {
            .test = tests, .policy = fb_buf_str(&text), .name = relative};
        fb_time before = FB_TIME_MIN;
        for (const struct fb_expect *e = tests->expects; e; e = e->next) {
            if (e->at != before) {
                prove_all(&history, e->at);
            }
            before = e->at;
        }
    }
    fb_arena_release(&arena);
    fb_buf_release(&text);
}

/* All policies below a folder. */
static size_t prove_folder(const char *folder)
{
    char path[4096], below[2048];
    size_t files = 0;
    DIR *dir = opendir(source(folder, path));
    for (struct dirent *one = dir ? readdir(dir) : NULL; one; one = readdir(dir)) {
        snprintf(below, sizeof(below), "%s/%s", folder, one->d_name);
        if (fb_str_ends(fb_str_of(one->d_name), FB_STR(".fly"))) {
            prove_file(below);
            files++;
        } else if (one->d_name[0] != '.') {
            files += prove_folder(below);
        }
    }
    if (dir) {
        closedir(dir);
    }
    return files;
}

static void test_packs(void **state)
{
    (void)state;
    assert_true(prove_folder("packs") >= 15);
    printf("# packs: %zu moments, %zu red lines, %zu duties, %zu judgements, %zu changes refused\n",
        tally.histories, tally.lines, tally.duties, tally.judgements, tally.changed);
    assert_true(tally.lines > 50 && tally.duties > 200 && tally.changed > 150);
    assert_true(tally.refused > 1000);
    printf("# %zu orders, %zu of them by a breach; not allowed: %zu to train, %zu to deploy, %zu "
           "to act "
           "autonomously\n",
        tally.orders, tally.led, tally.licences[0], tally.licences[1], tally.licences[2]);
    printf(
        "# allowed: %zu to train, %zu to deploy, %zu to act autonomously, %zu exempt; %zu forged, "
        "%zu by a row\n",
        tally.allowed[0], tally.allowed[1], tally.allowed[2], tally.exempt, tally.forged,
        tally.left_out);
    assert_true(tally.orders > 10 && tally.led > 5 && tally.many > 0);
    assert_true(tally.licences[0] > 5 && tally.licences[1] > 20 && tally.licences[2] > 50);
}

static void test_histories(void **state)
{
    (void)state;
    assert_true(prove_folder("tests/lang/histories") >= 5);
    for (int status = FB_DUTY_OWED; status <= FB_DUTY_WAIVED; status++) {
        printf("# %s: %zu\n", fb_duty_status_name((enum fb_duty_status)status),
            tally.statuses[status]);
        assert_true(tally.statuses[status] > 0);
    }
}

/* What is no proof, and what is too large for one. */
static void test_limits(void **state)
{
    (void)state;
    struct fb_arena arena;
    struct fb_proof_claimed out;
    fb_arena_init(&arena, ARENA_MAX);
    fb_err_init(&err);
    FB_TEST_FAILS(fb_proof_claimed_read(
                      (struct fb_str){"{", (size_t)FB_DOCKET_PROOF_MAX + 1}, &arena, &out, &err),
        FB_E_LIMIT);
    FB_TEST_FAILS(fb_proof_claimed_read(FB_STR(""), &arena, &out, &err), FB_E_SYNTAX);
    FB_TEST_FAILS(fb_proof_claimed_read(FB_STR("{\"a\":1"), &arena, &out, &err), FB_E_SYNTAX);
    FB_TEST_FAILS(fb_proof_claimed_read(FB_STR("[]\n"), &arena, &out, &err), FB_E_SCHEMA);
    FB_TEST_FAILS(fb_proof_claimed_read(
                      FB_STR("{\"flyball\":\"proof\",\"version\":2}\n"), &arena, &out, &err),
        FB_E_UNSUPPORTED);
    FB_TEST_FAILS(
        fb_proof_claimed_read(
            FB_STR("{\"flyball\":\"proof\",\"version\":1,\"entries\":-1}\n"), &arena, &out, &err),
        FB_E_SCHEMA);
    fb_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packs),
        cmocka_unit_test(test_histories),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
