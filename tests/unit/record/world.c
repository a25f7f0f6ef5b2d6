#include "world.h"

#include "fb_test.h"

void secret_of(int who, struct fb_sshkey_secret *out)
{
    uint8_t seed[32] = {(uint8_t)who, 7};
    fb_sshkey_from_seed(seed, out);
}

static void sign(int who, const char *space, struct fb_str statement, struct fb_buf *out)
{
    struct fb_err err;
    struct fb_sshkey_secret secret;
    fb_err_init(&err);
    secret_of(who, &secret);
    FB_TEST_OK(fb_sshsig_sign(&secret, space, statement, out, &err));
}

/* Makes the statement and signatures of a saying. The entry borrows from both buffers. */
void make_entry(const struct saying *s, fb_time now, struct fb_buf *statement,
    struct fb_buf signatures[SIGNERS_MAX], struct fb_entry *out)
{
    struct fb_err err;
    struct fb_arena arena;
    struct fb_json *draft = NULL;
    char text[8192], space[100];
    fb_err_init(&err);
    fb_arena_init(&arena, 1 << 20);
    fb_buf_init(statement, FB_STATEMENT_MAX);
    for (size_t i = 0; i < SIGNERS_MAX; i++) {
        fb_buf_init(&signatures[i], FB_SSHSIG_TEXT_MAX);
    }
    bool has_at = s->rest && strstr(s->rest, "\"at\"");
    snprintf(text, sizeof(text),
        "{\"kind\":\"%s\",\"id\":\"%s/%s\",\"issuer\":\"party/%s\",%s%s\"body\":%s}", s->kind,
        s->kind, s->name, s->issuer, has_at ? "" : "\"at\":\"2026-01-01\",", s->rest ? s->rest : "",
        s->body);
    FB_TEST_OK(fb_json_parse(fb_str_of(text), s->name, NULL, &arena, &draft, &err));
    FB_TEST_OK(
        fb_record_canonical(draft, (struct fb_record_fill){.issuer = FB_STR("")}, statement, &err));
    snprintf(space, sizeof(space), "flyball/%s", s->kind);
    memset(out, 0, sizeof(*out));
    out->admitted = now;
    out->statement = fb_buf_str(statement);
    int keys[SIGNERS_MAX] = {s->key, s->second_key & 15, s->second_key >> 4};
    for (size_t i = 0; i < SIGNERS_MAX && keys[i]; i++) {
        sign(keys[i], s->space ? s->space : space, out->statement, &signatures[i]);
        out->signatures[out->signature_count++] = fb_buf_str(&signatures[i]);
    }
    fb_arena_release(&arena);
}

void free_entry(struct fb_buf *statement, struct fb_buf signatures[SIGNERS_MAX])
{
    fb_buf_release(statement);
    for (size_t i = 0; i < SIGNERS_MAX; i++) {
        fb_buf_release(&signatures[i]);
    }
}

/* Checks and adds; both must answer the same, and a refusal must change nothing. */
enum fb_code say(struct world *w, const struct saying *s, struct fb_err *err)
{
    struct fb_buf statement, signatures[SIGNERS_MAX];
    struct fb_entry entry;
    make_entry(s, w->now, &statement, signatures, &entry);
    size_t before = fb_registry_count(w->registry);
    fb_err_init(err);
    enum fb_code checked = fb_registry_check(w->registry, &entry, err);
    assert_int_equal(fb_registry_count(w->registry), before);
    fb_err_init(err);
    enum fb_code code =
        fb_registry_add(w->registry, before, &(struct fb_prepared){.entry = entry}, err);
    assert_int_equal(code, checked);
    assert_int_equal(fb_registry_count(w->registry), before + (code == FB_OK));
    free_entry(&statement, signatures);
    return code;
}

void must_say(struct world *w, const struct saying *s)
{
    struct fb_err err;
    FB_TEST_OK(say(w, s, &err));
}

void must_refuse(struct world *w, const struct refusal *r)
{
    struct fb_err err;
    const struct saying *s = &r->saying;
    enum fb_code code = say(w, s, &err);
    if (code != r->code || strcmp(err.path, r->path) != 0) {
        fail_msg("%s/%s: got %s at '%s' (%s), expected %s at '%s'", s->kind, s->name,
            fb_code_name(code), err.path, err.message, fb_code_name(r->code), r->path);
    }
    assert_true(err.message[0] != 0 && err.hint[0] != 0);
}

/* The body of a key record; returns out. */
const char *key_body(const char *party, int who, const char *rest, char out[1024])
{
    struct fb_sshkey_secret secret;
    struct fb_buf line;
    char fingerprint[FB_SSHKEY_FINGERPRINT];
    secret_of(who, &secret);
    fb_buf_init(&line, 1000);
    fb_sshkey_format(&secret.key, &line);
    snprintf(out, 1024, "{\"party\":\"party/%s\",\"public_key\":\"%s\",\"fingerprint\":\"%s\"%s}",
        party, line.ptr, fb_sshkey_fingerprint(&secret.key, fingerprint), rest);
    fb_buf_release(&line);
    return out;
}

void say_party(struct world *w, const char *name, const char *role, const char *issuer, int key)
{
    char body[200];
    snprintf(body, sizeof(body), "{\"title\":\"%s\",\"role\":\"%s\"}", name, role);
    must_say(w, &(struct saying){"party", name, issuer, NULL, body, key, 0, NULL});
}

void say_key(struct world *w, const char *party, int who, const char *issuer, int key)
{
    char body[1024], name[100];
    snprintf(name, sizeof(name), "%s-%d", party, who);
    key_body(party, who, "", body);
    must_say(w, &(struct saying){"key", name, issuer, NULL, body, key, 0, NULL});
}

struct world bare_world(void)
{
    struct world w = {.now = fb_days_from_civil(2026, 6, 1) * FB_DAY};
    struct fb_err err;
    fb_err_init(&err);
    FB_TEST_OK(fb_registry_new(&w.registry, &err));
    return w;
}

/* An office (regulator), two developers with a system each, and an auditor: ten records. */
struct world usual_world(void)
{
    struct world w = bare_world();
    say_party(&w, "office", "regulator", "office", OFFICE);
    say_key(&w, "office", OFFICE, "office", OFFICE);
    say_party(&w, "aurora", "developer", "office", OFFICE);
    say_key(&w, "aurora", AURORA, "office", OFFICE);
    say_party(&w, "borealis", "developer", "office", OFFICE);
    say_key(&w, "borealis", BOREALIS, "office", OFFICE);
    say_party(&w, "auditor", "auditor", "office", OFFICE);
    say_key(&w, "auditor", AUDITOR, "office", OFFICE);
    must_say(&w, &(struct saying){"system", "a", "aurora", NULL,
                     "{\"title\":\"A\",\"developer\":\"party/aurora\",\"models\":[\"m/a\"]}",
                     AURORA, 0, NULL});
    must_say(&w, &(struct saying){"system", "b", "borealis", NULL,
                     "{\"title\":\"B\",\"developer\":\"party/borealis\",\"models\":[\"m/b\"]}",
                     BOREALIS, 0, NULL});
    assert_int_equal(fb_registry_count(w.registry), 10);
    return w;
}
