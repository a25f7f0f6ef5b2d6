/* dossier_check.c: a liability file against nothing but the key of its log. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "ledger/tlogproof.h"
#include "record/entry.h"
#include "record/sshsig.h"
#include "report/dossier.h"

enum { CITED_MAX = FB_DOSSIER_RECORDS_MAX };

/* A file at its check. */
struct check {
    const struct fb_trust *trust;
    struct fb_arena *arena;
    struct fb_dossier_checked *out;
    struct fb_sshkey key;          /* that signed the file */
    bool declared;                 /* by a record that was proved */
    struct fb_str seen[CITED_MAX]; /* " seq" of each proof, for references; see number_of */
    struct fb_err *err;
};

static enum fb_code no_file(struct fb_err *err, const char *what)
{
    fb_err_set(err, FB_E_SYNTAX, "this is no liability file: %s", what);
    return fb_err_hint(err, "`flyball dossier SYSTEM --out FILE` writes one.");
}

/* Where a part of a text begins; text.len when nowhere. */
static size_t find(struct fb_str text, const char *part, size_t from)
{
    size_t len = strlen(part);
    const char *at = from < text.len ? memmem(text.ptr + from, text.len - from, part, len) : NULL;
    return at ? (size_t)(at - text.ptr) : text.len;
}

/* ---- a proof ---- */

/* Notes a key that a proved record declares, when it is the one that signed. */
static enum fb_code note_key(struct check *check, const struct fb_record *record)
{
    struct fb_sshkey key;
    if (record->kind != FB_KIND_key || fb_sshkey_parse_line(fb_record_text(record, "public_key"),
                                           &key, NULL, check->err) != FB_OK) {
        fb_err_init(check->err);
        return FB_OK;
    }
    if (!fb_sshkey_eq(&key, &check->key)) {
        return FB_OK;
    }
    if (fb_json_get(record->body, "revoked")) {
        return fb_err_set(check->err, FB_E_SIGNATURE,
            "the key that signed the file is revoked by '%.*s'", FB_STR_ARG(record->id));
    }
    check->declared =
        check->declared || fb_str_eq(fb_record_text(record, "party"), check->out->signer);
    return FB_OK;
}

/* Verifies a proof; the record that it is of goes into *out, its text into the arena. */
static enum fb_code check_proof(struct check *check, struct fb_str text, struct fb_record *out)
{
    struct fb_err *err = check->err;
    struct fb_buf extra;
    struct fb_tlogproof proof;
    struct fb_trusted trusted;
    struct fb_entry entry;
    fb_buf_init(&extra, FB_TLOGPROOF_EXTRA_MAX);
    enum fb_code code = fb_tlogproof_parse(text, &extra, &proof, err);
    if (code == FB_OK) {
        struct fb_hash leaf = fb_merkle_leaf(proof.extra);
        code = fb_tlogproof_check(&proof, &leaf, check->trust, &trusted, err);
    }
    if (code == FB_OK) {
        code = fb_entry_decode(proof.extra, &entry, err);
    }
    if (code == FB_OK) {
        code = fb_record_parse(entry.statement, NULL, check->arena, out, err);
    }
    struct fb_dossier_checked *found = check->out;
    if (code == FB_OK) {
        out->seq = proof.index;
        out->admitted = entry.admitted;
        if (found->proofs == 0) {
            code = fb_arena_str(check->arena, trusted.checkpoint.origin, &found->origin, err);
            found->entries = trusted.checkpoint.size;
            found->witnesses = trusted.witnesses;
            found->admitted_first = found->admitted_last = entry.admitted;
        } else if (!fb_str_eq(found->origin, trusted.checkpoint.origin)) {
            code = fb_err_set(err, FB_E_MISMATCH, "its proofs are of more than one log");
        }
    }
    if (code == FB_OK) {
        found->admitted_first =
            entry.admitted < found->admitted_first ? entry.admitted : found->admitted_first;
        found->admitted_last =
            entry.admitted > found->admitted_last ? entry.admitted : found->admitted_last;
        code = note_key(check, out);
    }
    fb_buf_release(&extra);
    if (code == FB_OK && found->proofs == CITED_MAX) {
        code = fb_err_set(err, FB_E_LIMIT, "it has more than %d proofs", (int)CITED_MAX);
    }
    if (code != FB_OK) {
        return fb_err_prefix(err, "proof %zu", found->proofs + 1);
    }
    check->seen[found->proofs++] =
        fb_arena_printf(check->arena, "#r%llu\"", (unsigned long long)proof.index);
    return check->seen[found->proofs - 1].ptr ? FB_OK : fb_arena_failed(check->arena, err);
}

/* ---- the page ---- */

/* Turns a verbatim text back; false for what fb_report_dossier_html does not write. */
static bool unescape(struct fb_str text, struct fb_buf *out)
{
    static const struct {
        const char *from;
        char to;
    } entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}};
    for (size_t i = 0; i < text.len;) {
        size_t len = 0;
        for (size_t e = 0; text.ptr[i] == '&' && !len && e < 3; e++) {
            if (fb_str_starts(fb_str_sub(text, i, text.len), fb_str_of(entities[e].from))) {
                len = strlen(entities[e].from);
                fb_buf_add_char(out, entities[e].to);
            }
        }
        if (!len && (text.ptr[i] == '&' || text.ptr[i] == '<' || text.ptr[i] == '>')) {
            return false;
        }
        if (!len) {
            fb_buf_add_char(out, text.ptr[i]);
        }
        i += len ? len : 1;
    }
    return true;
}

/* Checks the proof that begins at *at, and what stands before it; moves *at behind it. */
static enum fb_code check_cited(struct check *check, struct fb_str page, size_t *at)
{
    struct fb_buf proof, citation;
    struct fb_record record;
    size_t from = *at + sizeof(FB_DOSSIER_PROOF) - 1, end = find(page, FB_DOSSIER_PROOF_END, from);
    if (end == page.len) {
        return no_file(check->err, "a proof has no end");
    }
    fb_buf_init(&proof, FB_TLOGPROOF_MAX);
    fb_buf_init(&citation, (size_t)FB_STATEMENT_MAX * 8);
    enum fb_code code = unescape(fb_str_sub(page, from, end - from), &proof)
                            ? fb_buf_check(&proof, "a proof", check->err)
                            : no_file(check->err, "a proof is not plain text");
    if (code == FB_OK) {
        code = check_proof(check, fb_buf_str(&proof), &record);
    }
    if (code == FB_OK) {
        fb_dossier_citation_html(&record, &citation);
        code = fb_buf_check(&citation, "what stands beside a proof", check->err);
    }
    if (code == FB_OK && !fb_str_ends(fb_str_sub(page, 0, *at), fb_buf_str(&citation))) {
        code = fb_err_set(check->err, FB_E_MISMATCH,
            "what stands beside the proof of #%llu is not what the record says",
            (unsigned long long)record.seq);
    }
    fb_buf_release(&citation);
    fb_buf_release(&proof);
    *at = end;
    return code;
}

/* True when a reference, from '#' on, leads to a record that was proved. */
static bool is_seen(const struct check *check, struct fb_str reference)
{
    for (size_t i = 0; i < check->out->proofs; i++) {
        if (fb_str_starts(reference, check->seen[i])) {
            return true;
        }
    }
    return false;
}

static enum fb_code check_references(struct check *check, struct fb_str page)
{
    static const char href[] = "href=\"#r";
    for (size_t at = find(page, href, 0); at < page.len; at = find(page, href, at + 1)) {
        if (!is_seen(check, fb_str_sub(page, at + sizeof("href=\"") - 1, 32))) {
            return fb_err_set(check->err, FB_E_MISMATCH,
                "the page cites a record without a proof (%.*s)",
                FB_STR_ARG(fb_str_sub(page, at + sizeof("href=\"") - 1, 12)));
        }
    }
    char declared[64];
    (void)snprintf(declared, sizeof(declared), "<meta name=\"flyball-cited\" content=\"%zu\">",
        check->out->proofs);
    return find(page, declared, 0) < page.len
               ? FB_OK
               : fb_err_set(check->err, FB_E_MISMATCH, "the page does not have all its proofs");
}

static enum fb_code check_page(struct check *check, struct fb_str page)
{
    enum fb_code code = FB_OK;
    for (size_t at = find(page, FB_DOSSIER_PROOF, 0); code == FB_OK && at < page.len;
         at = find(page, FB_DOSSIER_PROOF, at)) {
        code = check_cited(check, page, &at);
    }
    return code ? code : check_references(check, page);
}

/* ---- JSON ---- */

/* True when cited has the members of wanted in their order, and then its proof alone. */
static bool same_members(const struct fb_json *wanted, const struct fb_json *cited)
{
    const struct fb_json *have = cited->child;
    for (const struct fb_json *m = wanted->child; m; m = m->next, have = have->next) {
        if (!have || !fb_str_eq(m->key, have->key) || m->kind != have->kind ||
            !fb_str_eq(m->text, have->text)) {
            return false;
        }
    }
    return have && fb_str_is(have->key, "proof") && !have->next;
}

static enum fb_code check_json_cited(struct check *check, const struct fb_json *cited)
{
    struct fb_record record;
    struct fb_buf wanted;
    struct fb_json *tree = NULL;
    struct fb_json_writer w;
    enum fb_code code = check_proof(check, fb_json_get_str(cited, "proof"), &record);
    if (code != FB_OK) {
        return code;
    }
    fb_buf_init(&wanted, (size_t)FB_STATEMENT_MAX * 8);
    fb_json_writer_init(&w, &wanted, 0);
    fb_json_open_object(&w);
    fb_dossier_citation_json(&record, &w);
    fb_json_close_object(&w);
    code = fb_buf_check(&wanted, "what stands beside a proof", check->err);
    code = code ? code
                : fb_json_parse(fb_buf_str(&wanted), NULL, NULL, check->arena, &tree, check->err);
    if (code == FB_OK && !same_members(tree, cited)) {
        code = fb_err_set(check->err, FB_E_MISMATCH,
            "what stands beside the proof of #%llu is not what the record says",
            (unsigned long long)record.seq);
    }
    fb_buf_release(&wanted);
    return code;
}

static enum fb_code check_json(struct check *check, struct fb_str text)
{
    struct fb_json *file;
    enum fb_code code = fb_json_parse(text, NULL, NULL, check->arena, &file, check->err);
    const struct fb_json *cited = code == FB_OK ? fb_json_get(file, "cited") : NULL;
    if (code == FB_OK && (!cited || cited->kind != FB_JSON_ARRAY)) {
        return no_file(check->err, "it cites nothing");
    }
    for (const struct fb_json *m = cited ? cited->child : NULL; code == FB_OK && m; m = m->next) {
        code = m->kind == FB_JSON_OBJECT ? check_json_cited(check, m)
                                         : no_file(check->err, "what it cites is no object");
    }
    return code;
}

/* ---- the signature ---- */

/* What was signed, by whom, and the signature. */
struct parts {
    struct fb_str body;
    struct fb_str signer;
    struct fb_str signature;
    bool is_json;
};

static enum fb_code split_page(struct fb_str text, struct parts *out, struct fb_err *err)
{
    static const char end[] = "-->\n";
    size_t at = find(text, FB_DOSSIER_SEAL, 0);
    struct fb_str rest = fb_str_sub(text, at, text.len), line;
    if (at == text.len || !fb_str_ends(rest, FB_STR("-->\n"))) {
        return no_file(err, "it does not end in a signature");
    }
    out->body = fb_str_sub(text, 0, at);
    rest = fb_str_sub(rest, 0, rest.len - (sizeof(end) - 1));
    if (!fb_str_line(&rest, &line)) {
        return no_file(err, "it does not say who signed it");
    }
    out->signer = fb_str_sub(line, sizeof(FB_DOSSIER_SEAL) - 1, line.len);
    out->signature = rest;
    return FB_OK;
}

static enum fb_code split_json(
    struct fb_str text, struct fb_arena *arena, struct parts *out, struct fb_err *err)
{
    struct fb_json *all;
    enum fb_code code = fb_json_parse(text, NULL, NULL, arena, &all, err);
    if (code == FB_OK) {
        *out = (struct parts){fb_json_get_str(all, "dossier"), fb_json_get_str(all, "signer"),
            fb_json_get_str(all, "signature"), true};
        code = out->body.len ? FB_OK : no_file(err, "it has no member `dossier`");
    }
    return code;
}

enum fb_code fb_dossier_check(struct fb_str text, const struct fb_trust *trust,
    struct fb_arena *arena, struct fb_dossier_checked *out, struct fb_err *err)
{
    FB_ASSERT(trust && arena && out);
    struct parts parts = {.is_json = false};
    struct fb_dossier_checked found = {.proofs = 0};
    struct check *check = FB_ARENA_NEW(arena, struct check);
    if (!check) {
        return fb_arena_failed(arena, err);
    }
    *check = (struct check){.trust = trust, .arena = arena, .out = &found, .err = err};
    enum fb_code code = fb_str_starts(text, FB_STR("{")) ? split_json(text, arena, &parts, err)
                                                         : split_page(text, &parts, err);
    if (code == FB_OK) {
        code =
            fb_sshsig_verify(parts.signature, FB_NAMESPACE_DOSSIER, parts.body, &check->key, err);
    }
    if (code == FB_OK) {
        found.signer = parts.signer;
        (void)fb_sshkey_fingerprint(&check->key, found.fingerprint);
        code = parts.is_json ? check_json(check, parts.body) : check_page(check, parts.body);
    }
    if (code == FB_OK && !check->declared) {
        code = fb_err_set(err, FB_E_SIGNATURE,
            "no record that is proved declares the key that signed (%s) as one of '%.*s'",
            found.fingerprint, FB_STR_ARG(fb_str_sub(parts.signer, 0, 200)));
    }
    if (code == FB_OK) {
        *out = found;
    }
    return code;
}
