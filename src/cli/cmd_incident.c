/* cmd_incident.c: incident: file one, show it, its clocks under every law in force. */
#include <string.h>

#include "cli/cli.h"
#include "record/classes.h"
#include "report/incident.h"

enum { ARENA_MAX = 1 << 28, DRAFT_MAX = 1 << 20 };

/* The fields of the body that options give as they are. */
static const struct {
    const char *option;
    const char *field;
    const char *ref; /* completes a name without '/' */
    bool number;
} fields[] = {{"title", "title", NULL, false}, {"class", "class", NULL, false},
    {"known-to", "known_to", "party/", false}, {"known-at", "known_at", NULL, false},
    {"began", "began", NULL, false}, {"ended", "ended", NULL, false},
    {"state", "state", NULL, false}, {"deaths", "deaths", NULL, true},
    {"injured", "injured", NULL, true}, {"description", "description", NULL, false}};

/* A name with its kind before it, unless it has one. */
static void put_id(struct fb_json_writer *w, const char *key, const char *kind, struct fb_str name)
{
    struct fb_buf id;
    fb_buf_init(&id, DRAFT_MAX);
    if (fb_str_find(name, '/', 0) == name.len) {
        fb_buf_add_c(&id, kind);
    }
    fb_buf_add_str(&id, name);
    fb_json_key_str(w, key, fb_buf_str(&id));
    fb_buf_release(&id);
}

static void put_body(const struct fb_cli *cli, struct fb_json_writer *w)
{
    fb_json_key(w, "body");
    fb_json_open_object(w);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        struct fb_str value = fb_cli_text(cli, fields[i].option);
        uint64_t n = 0;
        if (strcmp(fields[i].option, "class") == 0 && value.len == 0) {
            value = FB_STR("unclassified");
        }
        if (value.len == 0) {
            continue;
        }
        if (fields[i].number && fb_str_u64(value, &n) && n <= (uint64_t)FB_INT_MAX) {
            fb_json_key_int(w, fields[i].field, (int64_t)n);
        } else if (fields[i].ref) {
            put_id(w, fields[i].field, fields[i].ref, value);
        } else {
            fb_json_key_str(w, fields[i].field, value);
        }
    }
    fb_json_close_object(w);
}

/* The draft of the record; the docket checks it as any other. */
static void put_draft(const struct fb_cli *cli, fb_time now, struct fb_buf *out)
{
    char day[FB_TIME_TEXT];
    struct fb_json_writer w;
    struct fb_str id = fb_cli_text(cli, "id"), system = fb_cli_text(cli, "system");
    struct fb_buf made;
    fb_buf_init(&made, DRAFT_MAX);
    size_t slash = fb_str_find(system, '/', 0);
    (void)fb_time_format(now, day);
    fb_buf_addf(&made, "%.19s-%.*s", day,
        FB_STR_ARG(slash < system.len ? fb_str_sub(system, slash + 1, system.len) : system));
    fb_json_writer_init(&w, out, 0);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "kind", "incident");
    put_id(&w, "id", "incident/", id.len ? id : fb_buf_str(&made));
    put_id(&w, "subject", "system/", system);
    if (fb_cli_text(cli, "corrects").len) {
        put_id(&w, "supersedes", "incident/", fb_cli_text(cli, "corrects"));
    }
    put_body(cli, &w);
    fb_json_close_object(&w);
    fb_buf_release(&made);
}

static enum fb_code check_file(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_str class = fb_cli_text(cli, "class");
    if (!fb_cli_text(cli, "system").len || !fb_cli_text(cli, "title").len) {
        fb_err_set(err, FB_E_USAGE, "an incident needs --system and --title");
        return fb_err_hint(err, "Run `flyball incident file --explain` for what is asked and why.");
    }
    if (class.len && !fb_class_named(class)) {
        fb_err_set(err, FB_E_USAGE, "'%.*s' is no class of incidents", FB_STR_ARG(class));
        return fb_err_hint(err, "Run `flyball incident file --explain` for the classes.");
    }
    return FB_OK;
}

static enum fb_code incident_file(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_buf draft;
    struct fb_docket *docket = NULL;
    struct fb_docket_added added;
    struct fb_arena arena;
    struct fb_clock clock = fb_cli_clock(cli);
    fb_buf_init(&draft, DRAFT_MAX);
    if (fb_cli_value(cli, "explain")) {
        fb_report_incident_help(&draft);
        enum fb_code said = fb_cli_print(cli, &draft, err);
        fb_buf_release(&draft);
        return said;
    }
    fb_arena_init(&arena, ARENA_MAX);
    enum fb_code code = check_file(cli, err);
    if (code == FB_OK) {
        put_draft(cli, fb_clock_now(&clock), &draft);
        code = fb_buf_check(&draft, "the incident", err);
    }
    if (code == FB_OK) {
        code = fb_cli_open_to_add(cli, &docket, err);
    }
    if (code == FB_OK) {
        struct fb_docket_add options = {
            .issuer = fb_cli_text(cli, "as"), .text = fb_buf_str(&draft)};
        code = fb_docket_add_file(docket, "the incident", &options, &arena, &added, err);
    }
    if (code == FB_OK) {
        fprintf(cli->out, "filed as '%.*s'; `flyball incident due %.*s` says what is owed now\n",
            FB_STR_ARG(added.ids[0]), FB_STR_ARG(added.ids[0]));
    }
    fb_docket_close(docket);
    fb_arena_release(&arena);
    fb_buf_release(&draft);
    return code;
}

/* One incident into the output. */
static enum fb_code put_incident(struct fb_cli *cli, struct fb_cli_view *view,
    const struct fb_record *record, struct fb_json_writer *w, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_incident_view incident;
    struct fb_report_options options = fb_cli_report_options(cli);
    bool whole = strcmp(cli->arguments[0], "show") == 0;
    fb_arena_init(&arena, ARENA_MAX);
    enum fb_code code = fb_incident_gather(
        &view->picture, fb_docket_registry(view->docket), record, &arena, &incident, err);
    if (code == FB_OK && w) {
        fb_report_incident_json(&incident, w);
    } else if (code == FB_OK && fb_cli_value(cli, "csv")) {
        fb_report_incident_csv(&incident, whole, &view->text);
    } else if (code == FB_OK) {
        code =
            fb_report_incident_text(&view->picture, &incident, whole, &options, &view->text, err);
    }
    fb_arena_release(&arena);
    return code;
}

/* The incident that is named, or every one that is no correction. */
static enum fb_code put_all(
    struct fb_cli *cli, struct fb_cli_view *view, struct fb_json_writer *w, struct fb_err *err)
{
    const struct fb_registry *registry = fb_docket_registry(view->docket);
    if (cli->argument_count == 2) {
        struct fb_str name = fb_str_of(cli->arguments[1]);
        bool whole = fb_str_find(name, '/', 0) < name.len || name.ptr[0] == '#';
        struct fb_str id =
            whole ? name : fb_arena_printf(&view->arena, "incident/%.*s", FB_STR_ARG(name));
        const struct fb_record *record = fb_cli_record(view->docket, id, err);
        if (record && record->kind != FB_KIND_incident) {
            return fb_err_set(err, FB_E_NOT_FOUND, "'%.*s' is no incident", FB_STR_ARG(record->id));
        }
        return record ? put_incident(cli, view, record, w, err) : err->code;
    }
    enum fb_code code = FB_OK;
    for (size_t n = 0; code == FB_OK && n < fb_registry_count(registry); n++) {
        const struct fb_record *record = fb_registry_at(registry, n);
        if (record->kind == FB_KIND_incident && record->supersedes.len == 0 &&
            record->admitted < view->picture.as_of) {
            code = put_incident(cli, view, record, w, err);
        }
    }
    return code;
}

static enum fb_code incident_show(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_cli_view view;
    struct fb_json_writer w;
    bool json = fb_cli_value(cli, "json") != NULL, csv = fb_cli_value(cli, "csv") != NULL;
    if (json && csv) {
        return fb_cli_misused(cli, err, "--csv and --json exclude each other");
    }
    enum fb_code code = fb_cli_view_open(cli, &view, err);
    if (code == FB_OK && csv) {
        fb_report_incident_csv_head(&view.text);
    }
    if (code == FB_OK && json) {
        fb_json_writer_init(&w, &view.text, 1);
        fb_json_open_array(&w);
    }
    if (code == FB_OK) {
        code = put_all(cli, &view, json ? &w : NULL, err);
    }
    if (code == FB_OK && json) {
        fb_json_close_array(&w);
        fb_buf_add_char(&view.text, '\n');
    }
    if (code == FB_OK) {
        code = fb_cli_print(cli, &view.text, err);
    }
    fb_cli_view_close(&view);
    return code;
}

enum fb_code cmd_incident(struct fb_cli *cli, struct fb_err *err)
{
    enum fb_code code = fb_cli_want(cli, 1, 2, err);
    if (code != FB_OK) {
        return code;
    }
    const char *part = cli->arguments[0];
    if (strcmp(part, "file") == 0) {
        code = fb_cli_want(cli, 1, 1, err);
        return code == FB_OK ? incident_file(cli, err) : code;
    }
    if (strcmp(part, "show") == 0) {
        code = fb_cli_want(cli, 2, 2, err);
        return code == FB_OK ? incident_show(cli, err) : code;
    }
    if (strcmp(part, "due") == 0) {
        return incident_show(cli, err);
    }
    return fb_cli_misused(cli, err, "'%s' is not something `incident` does", part);
}
