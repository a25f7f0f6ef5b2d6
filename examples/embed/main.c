/* What must we do now? A policy and a few records, decided inside your own program.
 *
 *     cc main.c $(pkg-config --cflags --libs flyball) && ./a.out */
#include <flyball/policy.h>
#include <stdio.h>
#include <string.h>

static const char policy[] =
    "policy \"example/incidents\"\n"
    "  title     \"Incidents are reported\"\n"
    "  version   1\n"
    "duty tell(S, I)\n"
    "  title     \"report the incident to the office\"\n"
    "  when      incident I of system S with class C, known to P\n"
    "  party     P\n"
    "  must      report I to \"office\"\n"
    "  within    5 days if C is cyber_breach\n"
    "            15 days\n"
    "  of        P knowing of I\n";

static const char *const records[][2] = {
    {"2026-03-01", "{'kind':'party','id':'party/dev','at':'2026-03-01T00:00:00Z',"
                   "'body':{'title':'Dev','role':'developer'}}"},
    {"2026-03-01", "{'kind':'system','id':'system/s','at':'2026-03-01T00:00:00Z',"
                   "'issuer':'party/dev','body':{'title':'S','developer':'party/dev'}}"},
    {"2026-03-02", "{'kind':'incident','id':'incident/1','at':'2026-03-02T00:00:00Z',"
                   "'issuer':'party/dev','subject':'system/s','body':{'title':'break-in',"
                   "'class':'cyber_breach','known_to':'party/dev',"
                   "'known_at':'2026-03-02T00:00:00Z'}}"}};

int main(void)
{
    struct fb_law *law = NULL;
    struct fb_err err;
    const struct fb_judgement *all = NULL;
    size_t count = 0;
    const char *why = "";
    fb_err_init(&err);
    enum fb_code code = fb_law_new(&law, &err);
    code = code ? code : fb_law_policy(law, policy, strlen(policy), "incidents.fly", &err);
    for (size_t i = 0; !code && i < sizeof(records) / sizeof(records[0]); i++) {
        char json[1024] = "";
        for (size_t k = 0; records[i][1][k]; k++) { /* JSON with easier quotes */
            json[k] = records[i][1][k] == '\'' ? '"' : records[i][1][k];
        }
        code = fb_law_record(law, json, strlen(json), records[i][0], &err);
    }
    code = code ? code : fb_law_decide(law, "2026-03-10", &all, &count, &err);
    for (size_t i = 0; !code && i < count; i++) {
        if (strcmp(all[i].kind, "duty") == 0) {
            printf("%s: %s, until %s\n", all[i].text, all[i].status, all[i].until);
            code = fb_law_explain(law, all[i].id, &why, &err);
            printf("%s", code ? "" : why);
        }
    }
    if (code) {
        char text[2048];
        fb_err_format(&err, text, sizeof(text));
        fprintf(stderr, "%s", text);
    }
    fb_law_free(law);
    return code ? 1 : 0;
}
