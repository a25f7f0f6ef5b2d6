#!/bin/sh
# `compute report` (cmd_compute.c, report/compute.c): sums, thresholds, lines, wrong use.
. "$(dirname "$0")/lib.sh"

cat >jobs.csv <<'END'
job,user,account,cluster,started,ended,gpus,chip
1,ann,lab,c1,2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,1000,h100-sxm
2,bob,lab,c1,2026-03-01T00:00:00Z,2026-03-01T01:00:00Z,8,a100
END
cat >open.csv <<'END'
job,user,account,cluster,started,ended,gpus,chip
3,ann,other,c2,2026-03-01T00:00:00Z,,8,h100
END
fly="$FLYBALL"
ok "the sums" says "^86428800 GPU-seconds in 2 starts" "$fly" compute report --from jobs.csv
ok "chips with their sources" says "^NVIDIA A100 .*28800.*data sheet" \
    "$fly" compute report --from jobs.csv
ok "users" says "^ann .*86400000" "$fly" compute report --from jobs.csv
ok "what is assumed" says "20% to 60%.*GPT-3" "$fly" compute report --from jobs.csv
ok "all is counted" says "Every start" "$fly" compute report --from jobs.csv
ok "crossed" exits 1 "1e22 FLOP: crossed" "$fly" compute report --from jobs.csv --threshold 1e22
ok "ruled out" says "^1e25 FLOP: ruled out" "$fly" compute report --from jobs.csv --threshold 1e25
ok "between" exits 1 "not ruled out" "$fly" compute report --from jobs.csv --threshold 5e22
ok "what runs may cross it" exits 1 "not ruled out" \
    "$fly" compute report --from jobs.csv open.csv --threshold 1e25
ok "and is listed" says "^not-ended .*1 .*yes .*c2/3" "$fly" compute report --from jobs.csv open.csv
ok "a file twice counts once" says "^86428800 GPU-seconds" \
    "$fly" compute report --from jobs.csv jobs.csv
"$fly" compute report --from jobs.csv open.csv --threshold 1e25 --bits 16 --use 0.4 --json \
    >out.json 2>/dev/null
cat >check.py <<'END'
import json
a = json.load(open("out.json"))
assert a["gpu_seconds"] == 86428800 and a["starts"] == 2, a
low, high = a["flop"]
assert abs(low / (86400000 * 989.4e12 * .4 + 28800 * 312e12 * .4) - 1) < 1e-9, low
assert low < high < low * 1.001
assert a["standing"] == "not ruled out" and a["threshold"] == 1e25
assert [x["name"] for x in a["clusters"]] == ["c1", "c2"]
assert a["not_counted"][0]["reason"] == "not-ended" and a["not_counted"][0]["may_hide_flop"]
END
ok "as JSON" python3 check.py
# As RFC 4180 has it: CR LF, fields in quotes, also the last of a line, and a quote within.
printf '"job","user","started","ended","gpus"\r\n"1","ann ""a"", b",2026-01-01,2026-01-02,"8"\r\n' >quoted.csv
ok "quotes and CR LF" says '^ann "a", b  *1  *691200' "$fly" compute report --from quoted.csv
printf 'job,started,ended,gpus,user\r\n1,2026-01-01,2026-01-02,8,"ann"\r\n' >last.csv
ok "a last field in quotes" says "^ann  *1  *691200" "$fly" compute report --from last.csv
printf 'job,started,ended,gpus,user\n1,2026-01-01,2026-01-02,8,"ann"x\n' >broken.csv
ok "which ends" exits 3 "broken.csv:2:.*does not end where it should" "$fly" compute report --from broken.csv
printf '\357\273\277"time","host","gpu","use"\r\n"2026-01-01T00:00:00Z","h", "0","0.5"\r\n"2026-01-01T00:05:00Z","h","0","0.5"\r\n' \
    >quoted-samples.csv
ok "samples, too" sh -c '"$0" compute reconcile --from last.csv --telemetry quoted-samples.csv >samples.out; [ $? = 1 ] &&
    grep -q "; 2 samples cover 300, in 300 of which" samples.out' "$fly"
sed 's/"0.5"/"0.5"x/' quoted-samples.csv >broken-samples.csv
ok "which end" exits 3 "broken-samples.csv:2.*does not end where it should" "$fly" compute reconcile --from last.csv \
    --telemetry broken-samples.csv
# A job that is larger than what is registered is over its capacity, however short it was.
printf 'job,started,ended,gpus\n1,2026-01-01T00:00:00Z,2026-01-01T00:00:03Z,8\n' >burst.csv
ok "a short job that is too large" sh -c '"$0" compute reconcile --from burst.csv --chips 7 >burst.out; [ $? = 1 ] &&
    grep -q "^over-capacity  *(all)  *2026-01-01T00:00" burst.out' "$fly"
ok "one that fits" says "^They agree" "$fly" compute reconcile --from burst.csv --chips 8
ok "a line a start" says "^c2.3.other.ann.*not-ended" "$fly" compute report --from open.csv --jobs
"$fly" compute report --from jobs.csv open.csv --jobs --json >lines.json
ok "as JSON lines" python3 -c 'import json
a = [json.loads(x) for x in open("lines.json")]
assert [x["gpu_seconds"] for x in a if "gpu_seconds" in x] == [86400000, 28800], a
assert a[2]["not_counted"] == "not-ended" and "flop" not in a[2], a'

sample=$root/examples/aurora/sacct.json
ok "Slurm's account" says "^314 GPU-seconds in 13 starts" "$fly" compute report --from "$sample"
ok "of unknown FLOP" says "FLOP not known" "$fly" compute report --from "$sample"
ok "does not say the chip" says "^no-chip .*13 .*yes" "$fly" compute report --from "$sample"
ok "which one may know" says "^NVIDIA H100 .*314" \
    "$fly" compute report --from "$sample" --chip h100

# Leads and comparisons.
cat >split.csv <<'END'
job,user,account,cluster,name,comment,nodes,started,ended,gpus
1,ann,a,c,llama-1,,n1,3600,7200,4
2,bob,b,c,llama-2,,n2,3600,7200,4
3,cat,b,c,known,,n3,3600,36000,8
END
printf ' known\t\r\n' >runs.txt # blanks around a name are none of it
ok "split over accounts" exits 1 "there is 1 lead$" "$fly" compute leads --from split.csv --gpu-hours 5 \
    --registered runs.txt
ok "its jobs" grep -q "^split-accounts .*llama-1 .*2 .*28800 .*c/1" exits.out
ok "nothing large" says "^0 leads" "$fly" compute leads --from split.csv --gpu-hours 5000
ok "a threshold is needed" exits 2 "needs --threshold" "$fly" compute leads --from split.csv
printf 'time,host,gpu,use\n' >use.csv
for minute in $(seq 0 61); do
    for host in n1 n2 n9; do
        for gpu in 0 1 2 3; do
            echo "$((3600 + 60 * minute)),$host,$gpu,0.9"
        done
    done
done >>use.csv
ok "work without jobs" exits 1 "findings" "$fly" compute reconcile --from split.csv \
    --telemetry use.csv
ok "where" grep -q "^unaccounted-work .*n9 .*1970-01-01T01:00" exits.out
ok "jobs without samples" grep -q "^telemetry-gap .*n3 " exits.out
printf 'time,gpu,use\n3600,0,0.9\n4200,0,0.9\n4800,0,0.9\n' >few.csv
few() { "$fly" compute reconcile --from split.csv --telemetry few.csv "$@"; }
ok "a host for samples that name none" exits 1 "4 findings" few --host n9
ok "is the host of what they show" grep -q "^unaccounted-work  *n9 " exits.out
ok "a sample holds five minutes" grep -q " 3 samples cover 600, " exits.out
ok "or as long as is said" exits 1 . few --gap 600
ok "so that more is covered" grep -q " 3 samples cover 1200, " exits.out
ok "steps are of an hour" grep -q "^telemetry-gap  *n1  *1970-01-01T01:00  *1970-01-01T02:00 " exits.out
ok "or as long as is said, too" exits 1 . few --step 7200
ok "from where they begin" grep -q "^telemetry-gap  *n1  *1970-01-01T00:00  *1970-01-01T02:00 " exits.out
printf 'time,gpu,use,power\n3600,0,0.9,900000\n3900,0,0.9,900000\n4200,0,0.9,900000\n' >hot.csv
ok "more power than is registered" exits 1 . "$fly" compute reconcile --from split.csv \
    --telemetry hot.csv --watts 5
ok "says so, too" grep -q "^over-power  *(all)" exits.out
ok "no more than that" exits 1 . "$fly" compute reconcile --from split.csv --telemetry hot.csv --watts 1e6
ok "is no finding" sh -c '! grep -q over-power exits.out'
ok "more than is registered" exits 1 "1 finding$" "$fly" compute reconcile --from split.csv --chips 8
ok "says so" grep -q "^over-capacity .*(all)" exits.out
ok "samples are needed" exits 2 "needs --telemetry" "$fly" compute reconcile --from split.csv
ok "jobs of two accounts count once" says '"jobs_repeated": 3' "$fly" compute reconcile \
    --from split.csv split.csv --chips 100 --json
ok "a bad sample has its place" exits 3 "bad.prom:1:22.*not a number" sh -c \
    'echo "DCGM_FI_DEV_GPU_UTIL x 1" >bad.prom; "$FLYBALL" compute reconcile --from split.csv --telemetry bad.prom'
cat >models.csv <<'END'
model,date,parameters,active_parameters,tokens,flop
a,2020-01-01,1e10,,1e12,1e20
b,2021-01-01,,,,1e21
c,2022-01-01,,,,1e22
d,2023-01-01,1e11,1e10,1e12,1e23
e,2024-01-01,,,,1e24
END
ok "active parameters count" says "^d .*4.2e+22 to 7.8e+22" "$fly" compute estimate --from models.csv
cat >kinds.csv <<'END'
model,parameters,tokens,flop,domain,chip,chips,hours,use
a,1e10,1e12,1e20,Language,,,,
b,,,1e21,Vision,h100,8,100,0.4
d,1e11,1e12,1e23,Language model,,,,
END
ok "each method beside what was published" says "^6 P D, .*: 0 of 2 published" \
    "$fly" compute estimate --from kinds.csv
ok "the other by chips" grep -q "^Chips x time: 1 of 1 published figures .* median 0.877," says.out
ok "models of a domain" says "^2 of 2 rows" "$fly" compute estimate --from kinds.csv --domain Lang
ok "no others" grep -q "^Chips x time: no published figure" says.out
ok "those that are large enough" says "^1 of 1 rows" "$fly" compute estimate --from kinds.csv \
    --domain Lang --threshold 1e22
ok "one table" exits 2 "needs one table" "$fly" compute estimate --from kinds.csv kinds.csv
ok "how earlier forecasts did" says "^Earlier forecasts, with later years hidden: [0-9]* of [0-9]* hold" \
    "$fly" compute forecast --from models.csv --threshold 1e25 --at 2024-06-01 --backtest
ok "a forecast" says "first reached between 202[45].*(90% interval), 2025-01-0" "$fly" compute forecast \
    --from models.csv --threshold 1e25 --at 2024-06-01 --confidence 90%
ok "that was reached" says "reached on 2024-01-01" "$fly" compute forecast --from models.csv \
    --threshold 1e24 --at 2024-06-01
# A table knows nothing of what came after its last row: without --at the forecast is made from there.
printf '%s\n' model,date,flop a,2020-01-01,1e23 b,2021-01-01,5e23 c,2022-01-01,2e24 d,2023-01-01,1e25 \
    e,2024-01-01,4e25 f,2024-06-01,1e26 >dated.csv
ok "as the table knows it" says "1e27 FLOP, as known before 2024-06-02: first reached between 202" "$fly" compute \
    forecast --from dated.csv --threshold 1e27
ok "the same as asked for by its date" sh -c '"$0" compute forecast --from dated.csv --threshold 1e27 >a.out &&
    "$0" compute forecast --from dated.csv --threshold 1e27 --at 2024-06-02 | cmp - a.out &&
    ! grep -q "table ends" a.out' "$fly"
ok "in JSON" says '"table_ends": "2024-06-01"' "$fly" compute forecast --from dated.csv --threshold 1e27 --json
ok "long after it that is said" says "^The table ends with 2024-06-01; what came between is taken for nothing" \
    "$fly" compute forecast --from dated.csv --threshold 1e27 --at 2025-06-01
ok "a table is needed" exits 2 "one table" "$fly" compute forecast --threshold 1e25
ok "a date is needed" exits 2 "must be a date" "$fly" compute forecast --from models.csv \
    --threshold 1e25 --at soon

# A docket: what its systems took, with what they were made from.
fly init "$docket" --simulated --name compute.example --party office --role regulator >/dev/null
fly party lab --role developer >/dev/null
cat >records.json <<'END'
[{"kind":"system","id":"system/base","at":"2026-11-02","body":{"title":"Base","developer":"party/lab",
  "parameters":1e11,"active_parameters":1e10,"training_tokens":1e13,"training_compute_flop":6e23}},
 {"kind":"system","id":"system/chat","at":"2026-11-02","body":{"title":"Chat","developer":"party/lab",
  "derived_from":"system/base","derivation":"fine_tuning","training_compute_flop":1e26}},
 {"kind":"system","id":"system/small","at":"2026-11-02","body":{"title":"Small",
  "developer":"party/lab","derived_from":"system/base","derivation":"distillation",
  "parameters":1e9,"training_tokens":1e11}},
 {"kind":"cluster","id":"cluster/c","at":"2026-11-02","body":{"title":"C","owner":"party/lab",
  "name":"c","chip":"h100-sxm"}},
 {"kind":"run","id":"run/chat","subject":"system/chat","at":"2026-11-02","body":{"title":"sft",
  "purpose":"fine_tuning"}},
 {"kind":"run","id":"run/evals","subject":"system/chat","at":"2026-11-02","body":{"title":"evals",
  "purpose":"evaluation"}},
 {"kind":"usage","id":"usage/c/1","at":"2026-11-02","body":{"cluster":"c","job":"1","job_name":"a",
  "run":"run/chat","state":"COMPLETED","started":"2026-11-01T00:00:00Z",
  "ended":"2026-11-02T00:00:00Z","gpus":8,"gpu_seconds":691200}},
 {"kind":"usage","id":"usage/c/2","at":"2026-11-02","body":{"cluster":"c","job":"2","job_name":"b",
  "run":"run/evals","state":"COMPLETED","started":"2026-11-01T00:00:00Z",
  "ended":"2026-11-02T00:00:00Z","gpus":8000,"gpu_seconds":691200000}}]
END
ok "records of it" fly add --as lab records.json
ok "by active parameters" says "^system/base .*4.2e+23 to 7.8e+23 .*6e+23$" fly compute report
ok "evaluations do not count" says "^system/chat  *1.37e+20 to 8.21e+20 " fly compute report
ok "what it was made from does" says "^system/chat .*4.2e+23 to 7.8e+23.*does not agree" \
    fly compute report
ok "a teacher does not" says "^system/small .*- .*4.2e+20 to 7.8e+20  -" fly compute report
ok "a threshold" exits 1 "not ruled out" fly compute report --threshold 5e23
ok "none crosses it" says "ruled out" fly compute report --threshold 1e25
ok "runs on record are no leads" says "^0 leads in 2 jobs" fly compute leads --gpu-hours 100

# The clusters of the docket: what is used against what is registered.
cat >more.json <<'END'
[{"kind":"cluster","id":"cluster/d","at":"2026-11-02","body":{"title":"D","owner":"party/lab",
  "name":"d","chip":"h100-sxm","chips":16,"power_w":20000}},
 {"kind":"usage","id":"usage/d/1","at":"2026-11-02","body":{"cluster":"d","job":"1","job_name":"a",
  "state":"COMPLETED","started":"2026-11-01T00:00:00Z","ended":"2026-11-01T02:00:00Z","gpus":16,
  "gpu_seconds":115200}},
 {"kind":"usage","id":"usage/d/1b","at":"2026-11-02","body":{"cluster":"d","job":"1",
  "job_name":"a","state":"COMPLETED","started":"2026-11-01T00:00:00Z",
  "ended":"2026-11-01T02:00:00Z","gpus":16,"gpu_seconds":115200}},
 {"kind":"usage","id":"usage/d/2","at":"2026-11-02","body":{"cluster":"d","job":"2","job_name":"b",
  "state":"COMPLETED","started":"2026-11-01T01:00:00Z","ended":"2026-11-01T02:00:00Z","gpus":8,
  "gpu_seconds":28800}},
 {"kind":"usage","id":"usage/e/1","at":"2026-11-02","body":{"cluster":"e","job":"1","job_name":"a",
  "state":"COMPLETED","started":"2026-11-01T00:00:00Z","ended":"2026-11-01T02:00:00Z","gpus":1,
  "gpu_seconds":7200}}]
END
ok "more of it" fly add --as lab more.json
ok "clusters against their records" exits 1 "2 findings" fly compute reconcile
ok "a record without capacity" grep -q "^c (cluster/c): its record does not say" exits.out
ok "what is registered" grep -q "^d (cluster/d): 16 accelerators, 20000 W" exits.out
ok "the hour that is over it" grep -q "^over-capacity .*(all) .*2026-11-01T01:00 .*86400 " exits.out
ok "a start on record twice counts once" grep -q "Not counted: 1 start that stands twice.$" exits.out
ok "a cluster that is not on record" grep -q "^e: not on record" exits.out
ok "no capacity, no samples: nothing to agree with" says "nothing to compare the jobs with" \
    fly compute reconcile --cluster c
ok "nor do programs read that it agrees" says '"agree": null' fly compute reconcile --cluster c --json
ok "one cluster" exits 1 "1 finding$" fly compute reconcile --cluster d
ok "none of that name" exits 3 "no cluster 'x' is on record" fly compute reconcile --cluster x
ok "samples need a cluster" exits 2 "needs --cluster" fly compute reconcile --telemetry use.csv
fly compute reconcile --json >out.json 2>/dev/null
ok "as JSON" grep -q '"on_record": false' out.json
printf 'job,cluster,nodes,started,ended,gpus\n1,d,n1,3600,7200,20\n2,c,n1,3600,7200,9\n' >over.csv
ok "files against the capacity on record" exits 1 "1 finding$" fly compute reconcile \
    --from over.csv --cluster d
ok "other clusters are left out" grep -q "^over-capacity .* 72000 " exits.out
echo '3,,n1,3600,7200,5' >>over.csv
ok "a job that names no cluster" exits 1 "1 finding$" fly compute reconcile --from over.csv --cluster d
ok "is one of this" grep -q "^over-capacity .* 90000 " exits.out
ok "the power on record counts with files" exits 1 . fly compute reconcile --from over.csv --cluster d \
    --telemetry hot.csv
ok "of which there is more" grep -q "^over-power " exits.out
ok "files need --from" exits 2 "needs --from before its files" fly compute reconcile over.csv
ok "use of a cluster that is not on record is a finding" exits 1 "1 finding$" \
    fly compute reconcile --cluster e
ok "watts that are registered" exits 2 "^flyball: .*watts" \
    "$fly" compute reconcile --from split.csv --watts -1

# One system's training run (cmd_compute_foresee.c, foresee.c, foreseen.c): what it comes to, and when it reaches a threshold.
cat >ahead.json <<'END'
[{"kind":"cluster","id":"cluster/f","at":"2026-11-01","body":{"title":"F","owner":"party/lab",
  "name":"f","chip":"h100-sxm","chips":20000}},
 {"kind":"system","id":"system/next","at":"2026-11-01","body":{"title":"Next",
  "developer":"party/lab","stage":"training","training_compute_flop":0}},
 {"kind":"run","id":"run/a","subject":"system/next","at":"2026-11-01","body":{"title":"pre",
  "purpose":"pretraining","state":"running","planned_flop":8e24}},
 {"kind":"run","id":"run/b","subject":"system/next","at":"2026-11-01","body":{"title":"post",
  "purpose":"reinforcement","state":"planned"}}]
END
ok "a run that goes on" fly add --as lab ahead.json
ok "nothing ends it" says "may be reached; no use on record" fly compute forecast --system next \
    --threshold 1e25
{
    printf '['
    for day in 10 11 12 13 14 15 16 17 18 19 20 21 22 23; do
        [ $day = 10 ] || printf ,
        cat <<END
{"kind":"usage","id":"usage/f/$day","at":"2026-11-24","body":{"cluster":"f","job":"$day",
 "job_name":"pre","run":"run/a","state":"COMPLETED","started":"2026-11-${day}T00:00:00Z",
 "ended":"2026-11-$((day + 1))T00:00:00Z","gpus":10000,"gpu_seconds":864000000}}
END
    done
    printf ']'
} >used.json
ok "its use" fly add --as lab used.json
ok "at the rate of its weeks" says "^6e+24 FLOP: reached between 2026-11-27 and 2026-11-27" \
    fly compute forecast --system next --threshold 6e24 --bits 16 --use 0.4
ok "between what use may be" says "^6e+24 FLOP: reached between 2026-11-24 and 2026-12-15" \
    fly compute forecast --system next --threshold 6e24
ok "so far" grep -q "^So far 2.39e+24 to 1.44e+25 FLOP, lately 1.71e+23 to 1.03e+24 a day; in the end 8e+24 or more" says.out
ok "as was known then" says "^So far 8.55e+23 " fly compute forecast --system next --threshold 6e24 \
    --at 2026-11-15
ok "it is known that it will be met" grep -q "known that it will be met" says.out
ok "more than is planned may come" says "may be reached, on 2026-11-2[0-9] at the soonest; it may also end" \
    fly compute forecast --system next --threshold 1e25
cat >plan.json <<'END'
{"kind":"run","id":"run/b2","supersedes":"run/b","subject":"system/next","at":"2026-11-25",
 "body":{"title":"post","purpose":"reinforcement","state":"planned","planned_flop":4e24}}
END
ok "is put on record" fly add --as lab plan.json
ok "of runs together" says "in the end 1.2e+25 to 1.44e+25" fly compute forecast --system next \
    --threshold 1e25
ok "and not beyond" says "^1e+27 FLOP: not reached by what is on record and planned" fly compute \
    forecast --system next --threshold 1e27
ok "the AI Act is put in force" fly add --as office "$FB_SOURCE_ROOT/packs/eu/ai-act-gpai.fly"
fly due >due.out
ok "nothing is owed for the plans alone" sh -c '! grep -q "notify the Commission.*next" due.out'
ok "but a lead shows the runs that come to it together" exits 1 "there is 1 lead$" fly compute leads --threshold 1e25 \
    --bits 16
ok "with the system and what it comes to" grep -q "^unforeseen .*system/next .* 2 .*1.2e+25 to " exits.out
ok "not for a threshold that they do not reach" sh -c '! "$0" --docket "$1" --clock "$2" compute leads \
    --threshold 9e25 | grep -q "^unforeseen"' "$FLYBALL" "$docket" "$clock"
ok "a forecast on record" says "^On record as 'forecast/next-2026-12-01T00:00:00'" fly compute forecast \
    --system next --threshold 1e25 --record --as lab
ok "which ends the lead" sh -c '! "$0" --docket "$1" --clock "$2" compute leads --threshold 1e25 |
    grep -q "^unforeseen"' "$FLYBALL" "$docket" "$clock"
ok "starts the clock of the notification" says "2026-12-15 23:00 " fly due
ok "its record" says '"low_flop":1.2e+25' fly show forecast/next-2026-12-01T00:00:00
ok "a system that is none" exits 3 "no system 'system/x'" fly compute forecast --system x --threshold 1e25
ok "a table and a system" exits 2 "by the docket" fly compute forecast --system next --from models.csv \
    --threshold 1e25
ok "no system to record" exits 2 "is for compute forecast --system" "$fly" compute forecast \
    --from models.csv --threshold 1e25 --record

# Shares of GPUs alone: how many there were is not on record, and nothing is ruled out by it.
cat >shares.json <<'END'
[{"kind":"system","id":"system/shares","at":"2026-11-02","body":{"title":"Shares",
  "developer":"party/lab","training_compute_flop":1e20}},
 {"kind":"system","id":"system/heir","at":"2026-11-02","body":{"title":"Heir",
  "developer":"party/lab","training_compute_flop":1e20,"derived_from":"system/shares",
  "derivation":"fine_tuning"}},
 {"kind":"run","id":"run/shares","subject":"system/shares","at":"2026-11-02","body":{"title":"s",
  "purpose":"pretraining","state":"finished","planned_flop":1e20,"job_names":["s"]}}]
END
cat >shard.json <<'END'
{"jobs":[{"job_id":90,"name":"s","cluster":"c","state":{"current":["COMPLETED"]},
 "time":{"start":1795400000,"end":1795403600,"elapsed":3600},
 "tres":{"allocated":[{"type":"cpu","name":"","count":4},{"type":"gres","name":"shard","count":8}]}}]}
END
standing() { fly compute report --threshold "$2" 2>/dev/null | grep -q "^system/$1 .*  $3\$"; }
ok "a system, and one made from it" fly add --as lab shares.json
ok "are ruled out by their developer's word" standing shares 1e23 "ruled out"
ok "before an account with shares of GPUs" fly add --as lab shard.json
ok "does not say how many" sh -c '! grep -q gpu' <<END
$(fly show usage/c/90@1795400000 --statement)
END
ok "so that nothing is ruled out" standing shares 1e23 "not ruled out"
ok "for what was made from it, too" standing heir 1e23 "not ruled out"
ok "nor foreseen" says "or more: of 1 jobs the GPUs are not known" fly compute forecast --system shares \
    --threshold 1e23
ok "as programs read" says '"jobs_without_gpus_said": 1' fly compute forecast --system heir --threshold 1e23 --json
ok "a file about it says so" says 'jobs_without_gpus_said' fly dossier shares --json
ok "and its status" says "GPUs of 1 jobs not known" fly status shares

# bench_compute: telemetry and jobs, where the account that is multiplied is there.
ok "bench samples" says "^govern.*samples-100k.*samples_per_s" "$fly" bench govern samples-100k
ok "bench jobs" says "^govern.*jobs-10k" "$fly" bench govern jobs-10k

ok "no part" exits 2 "needs an argument" "$fly" compute
ok "a part that is none" exits 2 "no part 'x'" "$fly" compute x --from jobs.csv
ok "no file and no docket" exits 3 "no docket" "$fly" compute report
ok "a file that is not there" exits 3 "no.csv" "$fly" compute report --from no.csv
ok "use that falls" exits 2 "between 0 and 1" "$fly" compute report --from jobs.csv --use 0.6..0.2
ok "use that is none" exits 2 "LOW..HIGH" "$fly" compute report --from jobs.csv --use much
ok "bits" exits 2 "8 or 16" "$fly" compute report --from jobs.csv --bits 4
ok "a threshold that is none" exits 2 "1e25" "$fly" compute report --from jobs.csv --threshold x
ok "a threshold of nothing" exits 2 "more than 0" \
    "$fly" compute report --from jobs.csv --threshold 0
ok "an unknown chip" exits 3 "no peak rate" "$fly" compute report --from jobs.csv --chip z80
sed 's/,1000,/,many,/' jobs.csv >bad.csv
ok "a bad row has its place" exits 3 "bad.csv:2:56.*many" "$fly" compute report --from bad.csv
ok "and gives no lines" sh -c '! "$FLYBALL" compute report --from jobs.csv bad.csv --jobs >x 2>/dev/null && [ ! -s x ]'
finish
