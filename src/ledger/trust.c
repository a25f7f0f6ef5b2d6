#include "ledger/trust.h"

#include <string.h>

#include "base/assert.h"

/* Words of the longest line that is allowed: a group with every name in it. */
enum { WORDS_MAX = FB_TRUST_NAMES_MAX + 3, HALF = FB_TRUST_NAMES_MAX / 2 };

_Static_assert((int)FB_TRUST_KEYS_MAX <= (int)FB_NOTE_SIGNATURES_MAX, "a note takes all keys");

struct words {
    struct fb_str at[WORDS_MAX];
    size_t count;
};

void fb_trust_init(struct fb_trust *trust)
{
    FB_ASSERT(trust);
    memset(trust, 0, sizeof(*trust));
    trust->quorum = FB_TRUST_NONE;
}

static size_t count_bits(uint64_t bits)
{
    return (size_t)__builtin_popcountll(bits);
}

static bool is_log(const struct fb_trust *trust, size_t key)
{
    return (trust->logs >> key & 1) != 0;
}

/* Adds a key, which stands once among the logs or among the witnesses. */
static enum fb_code add_key(
    struct fb_trust *trust, const struct fb_note_verifier *key, bool as_log, struct fb_err *err)
{
    const char *what = as_log ? "log" : "witness";
    enum fb_note_type type = as_log ? FB_NOTE_ED25519 : FB_NOTE_COSIGNATURE;
    if (key->type != type) {
        fb_err_set(err, FB_E_UNSUPPORTED, "the key '%s' is of type %d, and a %s signs with type %d",
            key->name, (int)key->type, what, (int)type);
        return err->code;
    }
    for (size_t i = 0; i < trust->key_count; i++) {
        if (is_log(trust, i) == as_log &&
            memcmp(trust->keys[i].public_key, key->public_key, sizeof(key->public_key)) == 0) {
            return fb_err_set(err, FB_E_DUPLICATE, "the %s '%s' has the key of '%s'", what,
                key->name, trust->keys[i].name);
        }
    }
    size_t logs = count_bits(trust->logs);
    if ((as_log ? logs : trust->key_count - logs) >= FB_TRUST_LOGS_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "there is more than %d times a %s", FB_TRUST_LOGS_MAX, what);
    }
    FB_ASSERT(trust->key_count < FB_TRUST_KEYS_MAX);
    trust->logs |= (uint64_t)as_log << trust->key_count;
    trust->keys[trust->key_count++] = *key;
    return FB_OK;
}

enum fb_code fb_trust_add_log(
    struct fb_trust *trust, const struct fb_note_verifier *key, struct fb_err *err)
{
    FB_ASSERT(trust && key);
    return add_key(trust, key, true, err);
}

static enum fb_code parse_key(
    struct fb_trust *trust, struct fb_str text, bool as_log, struct fb_err *err)
{
    struct fb_note_verifier key;
    enum fb_code code = fb_note_verifier_parse(text, &key, err);
    return code == FB_OK ? add_key(trust, &key, as_log, err) : code;
}

/* The place of a name, or FB_TRUST_NONE. */
static size_t find_name(const struct fb_trust *trust, struct fb_str name)
{
    for (size_t i = 0; i < trust->name_count; i++) {
        if (fb_str_eq(trust->names[i].name, name)) {
            return i;
        }
    }
    return FB_TRUST_NONE;
}

/* Adds a name to the witnesses (needed 0) or groups. */
static enum fb_code add_name(
    struct fb_trust *trust, struct fb_str name, size_t needed, struct fb_err *err)
{
    size_t same_kind = 0;
    for (size_t i = 0; i < trust->name_count; i++) {
        same_kind += (trust->names[i].needed > 0) == (needed > 0);
    }
    if (fb_str_is(name, "none") || find_name(trust, name) != FB_TRUST_NONE) {
        return fb_err_set(
            err, FB_E_DUPLICATE, "the name '%.*s' has a meaning already", FB_STR_ARG(name));
    }
    if (same_kind >= HALF) {
        return fb_err_set(err, FB_E_LIMIT, "there are more than %d groups", HALF);
    }
    FB_ASSERT(trust->name_count < FB_TRUST_NAMES_MAX);
    trust->names[trust->name_count++] = (struct fb_trust_name){
        .name = name, .key = trust->key_count, .needed = needed, .group = FB_TRUST_NONE};
    return FB_OK;
}

static enum fb_code wrong_form(const char *form, struct fb_err *err)
{
    return fb_err_set(err, FB_E_SYNTAX, "the line is not of the form `%s`", form);
}

static enum fb_code parse_log(struct fb_trust *trust, const struct words *w, struct fb_err *err)
{
    if (w->count < 2 || w->count > 3) {
        return wrong_form("log VKEY [URL]", err);
    }
    return parse_key(trust, w->at[1], true, err);
}

static enum fb_code parse_witness(struct fb_trust *trust, const struct words *w, struct fb_err *err)
{
    if (w->count < 3 || w->count > 4) {
        return wrong_form("witness NAME VKEY [URL]", err);
    }
    size_t key = trust->key_count;
    enum fb_code code = parse_key(trust, w->at[2], false, err);
    if (code == FB_OK) {
        code = add_name(trust, w->at[1], 0, err);
    }
    if (code == FB_OK) {
        trust->names[trust->name_count - 1].key = key;
        trust->names[trust->name_count - 1].url = w->count == 4 ? w->at[3] : FB_STR("");
    }
    return code;
}

enum fb_code fb_trust_add_witness(struct fb_trust *trust, struct fb_str name,
    const struct fb_note_verifier *key, struct fb_err *err)
{
    FB_ASSERT(trust && key);
    FB_ASSERT(trust->quorum == FB_TRUST_NONE);
    size_t at = trust->key_count;
    enum fb_code code = add_key(trust, key, false, err);
    if (code == FB_OK) {
        code = add_name(trust, name, 0, err);
    }
    if (code == FB_OK) {
        trust->quorum = trust->name_count - 1;
        trust->names[trust->quorum].key = at;
    }
    return code;
}

/* Reads the word for how many of count members it takes; 0 when it is wrong. */
static size_t parse_needed(struct fb_str word, size_t count)
{
    uint64_t n = 0;
    if (fb_str_is(word, "all")) {
        return count;
    }
    if (fb_str_is(word, "any")) {
        return 1;
    }
    return fb_str_u64(word, &n) && n <= count && word.ptr[0] != '0' ? (size_t)n : 0;
}

static enum fb_code parse_group(struct fb_trust *trust, const struct words *w, struct fb_err *err)
{
    if (w->count < 4) {
        return wrong_form("group NAME all|any|K NAME...", err);
    }
    size_t needed = parse_needed(w->at[2], w->count - 3), group = trust->name_count;
    if (needed == 0) {
        return fb_err_set(err, FB_E_SYNTAX, "'%.*s' is not all, any or a number from 1 to %zu",
            FB_STR_ARG(w->at[2]), w->count - 3);
    }
    for (size_t i = 3; i < w->count; i++) {
        size_t member = find_name(trust, w->at[i]);
        if (member == FB_TRUST_NONE) {
            return fb_err_set(err, FB_E_REFERENCE, "no witness or group above has the name '%.*s'",
                FB_STR_ARG(w->at[i]));
        }
        if (trust->names[member].group != FB_TRUST_NONE) {
            return fb_err_set(
                err, FB_E_DUPLICATE, "'%.*s' is a member of a group already", FB_STR_ARG(w->at[i]));
        }
        trust->names[member].group = group;
    }
    return add_name(trust, w->at[1], needed, err);
}

static enum fb_code parse_quorum(
    struct fb_trust *trust, const struct words *w, bool *has_quorum, struct fb_err *err)
{
    if (w->count != 2) {
        return wrong_form("quorum NAME|none", err);
    }
    if (*has_quorum) {
        return fb_err_set(err, FB_E_DUPLICATE, "there is a second quorum");
    }
    trust->quorum = find_name(trust, w->at[1]);
    if (trust->quorum == FB_TRUST_NONE && !fb_str_is(w->at[1], "none")) {
        return fb_err_set(err, FB_E_REFERENCE, "no witness or group above has the name '%.*s'",
            FB_STR_ARG(w->at[1]));
    }
    *has_quorum = true;
    return FB_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static enum fb_code split(struct fb_str line, struct words *out, struct fb_err *err)
{
    out->count = 0;
    for (size_t i = 0; i < line.len;) {
        size_t start = i;
        while (i < line.len && !is_blank(line.ptr[i])) {
            if ((uint8_t)line.ptr[i] < ' ' || line.ptr[i] == 0x7F) {
                return fb_err_set(err, FB_E_SYNTAX, "the line has a control character");
            }
            i++;
        }
        if (i > start && out->count == WORDS_MAX) {
            return fb_err_set(err, FB_E_LIMIT, "the line has more than %d words", WORDS_MAX);
        }
        if (i > start) {
            out->at[out->count++] = fb_str_sub(line, start, i - start);
        }
        if (out->count > 0 && out->at[0].ptr[0] == '#') {
            out->count = 1; /* only for its characters */
        }
        i += i < line.len;
    }
    return FB_OK;
}

static enum fb_code parse_line(
    struct fb_trust *trust, struct fb_str line, bool *has_quorum, struct fb_err *err)
{
    struct words words;
    enum fb_code code = split(line, &words, err);
    if (code != FB_OK || words.count == 0 || words.at[0].ptr[0] == '#') {
        return code;
    }
    if (fb_str_is(words.at[0], "log")) {
        return parse_log(trust, &words, err);
    }
    if (fb_str_is(words.at[0], "witness")) {
        return parse_witness(trust, &words, err);
    }
    if (fb_str_is(words.at[0], "group")) {
        return parse_group(trust, &words, err);
    }
    if (fb_str_is(words.at[0], "quorum")) {
        return parse_quorum(trust, &words, has_quorum, err);
    }
    return fb_err_set(
        err, FB_E_SYNTAX, "'%.*s' is not log, witness, group or quorum", FB_STR_ARG(words.at[0]));
}

enum fb_code fb_trust_parse(struct fb_str text, struct fb_trust *out, struct fb_err *err)
{
    FB_ASSERT(out);
    if (text.len > FB_TRUST_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "the policy has more than %d bytes", FB_TRUST_MAX);
    }
    if (text.len > 0 && text.ptr[text.len - 1] != '\n') {
        return fb_err_set(err, FB_E_SYNTAX, "the last line of the policy does not end");
    }
    struct fb_trust trust;
    struct fb_str line;
    bool has_quorum = false;
    fb_trust_init(&trust);
    for (uint32_t number = 1; fb_str_line(&text, &line); number++) {
        enum fb_code code = parse_line(&trust, line, &has_quorum, err);
        if (code != FB_OK) {
            fb_err_place(err, NULL, number, 0, -1);
            return code;
        }
    }
    if (!has_quorum) {
        fb_err_set(err, FB_E_SYNTAX, "the policy has no quorum");
        return fb_err_hint(err, "Write `quorum none` when no witness is needed.");
    }
    *out = trust;
    return FB_OK;
}

/* True when enough witnesses, as bits of keys, cosigned. */
static bool has_quorum(const struct fb_trust *trust, uint64_t cosigned)
{
    size_t have[FB_TRUST_NAMES_MAX] = {0};
    if (trust->quorum == FB_TRUST_NONE) {
        return true;
    }
    for (size_t i = 0; i < trust->name_count; i++) {
        const struct fb_trust_name *name = &trust->names[i];
        bool witnessed =
            name->needed > 0 ? have[i] >= name->needed : (cosigned >> name->key & 1) != 0;
        if (i == trust->quorum) {
            return witnessed;
        }
        if (witnessed && name->group != FB_TRUST_NONE) {
            FB_ASSERT(name->group > i);
            have[name->group]++;
        }
    }
    FB_ASSERT(trust->quorum < trust->name_count);
    return false;
}

static bool is_signed_by_log(const struct fb_trust *trust, uint64_t verified, struct fb_str origin)
{
    for (size_t i = 0; i < trust->key_count; i++) {
        if (is_log(trust, i) && (verified >> i & 1) != 0 &&
            fb_str_is(origin, trust->keys[i].name)) {
            return true;
        }
    }
    return false;
}

enum fb_code fb_trust_check(
    const struct fb_trust *trust, struct fb_str note, struct fb_trusted *out, struct fb_err *err)
{
    FB_ASSERT(trust && out);
    FB_ASSERT(trust->key_count <= FB_TRUST_KEYS_MAX);
    struct fb_note_check check = {.verifiers = trust->keys, .verifier_count = trust->key_count};
    struct fb_trusted found;
    enum fb_code code = fb_note_verify(note, &check, err);
    if (code == FB_OK) {
        code = fb_checkpoint_parse(check.text, &found.checkpoint, err);
    }
    if (code != FB_OK) {
        return code;
    }
    if (!is_signed_by_log(trust, check.verified, found.checkpoint.origin)) {
        fb_err_set(err, FB_E_SIGNATURE, "the checkpoint of '%.*s' has no signature of that log",
            FB_STR_ARG(found.checkpoint.origin));
        return fb_err_hint(err, "Give the verifier key of the log, whose name is its origin.");
    }
    uint64_t cosigned = check.verified & ~trust->logs;
    found.witnesses = count_bits(cosigned);
    found.cosigned_at_s = check.cosigned_at_s;
    if (!has_quorum(trust, cosigned)) {
        fb_err_set(err, FB_E_SIGNATURE,
            "the checkpoint has %zu cosignatures that count, too few for the quorum '%.*s'",
            found.witnesses, FB_STR_ARG(trust->names[trust->quorum].name));
        return fb_err_hint(err, "Have more of the policy's witnesses cosign the checkpoint.");
    }
    *out = found;
    return FB_OK;
}
