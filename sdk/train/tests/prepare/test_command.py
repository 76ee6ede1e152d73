import json

from sotto_train import cli, rows


def test_logs_become_clean_rows(prepare):
    log = '{"text":"嗯，那个帮我把那个灯打开"}\n{"text":"打開客廳的燈"}\n'
    log += '{"turns":["um, call John Smith","Sure!"]}\n{"text":"打开客厅的灯。"}\n'
    status, written, _ = prepare({"log.jsonl": log}, "--licence", "CC0-1.0", "--name", "home")
    assert status == 0
    assert [row.get("text") for row in written] == ["帮我把那个灯打开", "打开客厅的灯", None]
    assert written[0]["raw"] == "嗯，那个帮我把那个灯打开" and written[0]["id"] == "home/1"
    assert {row["licence"] for row in written} == {"CC0-1.0"} and {row["source"] for row in written} == {"home"}
    assert written[2]["turns"][0] == {"role": "user", "text": "call <NAME>"}


def test_the_raw_words_of_what_was_hidden_are_not_kept(prepare):
    _, written, _ = prepare({"log.txt": "嗯，给13800138000打电话\n"})
    assert "13800138000" not in json.dumps(written, ensure_ascii=False)


def test_the_report_counts_and_never_shows_what_was_hidden(prepare, tmp_path):
    report = tmp_path / "report.json"
    prepare({"log.txt": "给13800138000打电话\n打开灯\n打开灯！\n今日はいい天気ですね\n"}, "--report", str(report))
    said = json.loads(report.read_text())
    assert said["stages"]["read"]["rows"] == 4
    assert said["stages"]["duplicates"] == {"kept": 2, "duplicate": 1}
    assert said["stages"]["clean"]["left out: another language"] == 1
    assert said["stages"]["private"] == {"PHONE": 1}
    assert "13800138000" not in report.read_text()


def test_held_out_sentences_are_not_trained_on(prepare, tmp_path, command):
    held_out = tmp_path / "test.jsonl"
    rows.write(held_out, [{**command("打开客厅的灯"), "split": "test"}])
    _, written, _ = prepare({"log.txt": "打开客厅的灯！\n打开卧室的灯\n"}, "--held-out", str(held_out))
    assert [row["text"] for row in written] == ["打开卧室的灯"]


def test_dev_rows_of_the_run_are_held_out_of_its_training_rows(prepare):
    log = '{"text":"打开灯"}\n{"text":"打开灯。","split":"dev"}\n{"text":"关灯"}\n'
    _, written, _ = prepare({"log.jsonl": log})
    assert sorted((row["text"], row["split"]) for row in written) == [("关灯", "train"), ("打开灯。", "dev")]


def test_workers_do_not_change_the_rows(tmp_path, command):
    made = [command(f"明天{hour}点叫我起床", "alarm.set", ("datetime", f"明天{hour}点")) for hour in range(1, 9)]
    made += [command(text, "device.turn_on", ("name", "空调")) for text in ("打开空调", "请帮我打开卧室的空调", "马上打开空调")]
    given = tmp_path / "rows.jsonl"
    rows.write(given, made)
    for workers in ("1", "2"):
        output = tmp_path / f"{workers}.jsonl"
        assert cli.main(["prepare", str(given), "-o", str(output), "--workers", workers, "--augment", "--copies", "2", "--seed", "5"]) == 0
    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "2.jsonl").read_bytes()
    assert len(list(rows.read(tmp_path / "1.jsonl"))) > len(made)


def test_made_up_values_keep_slots_right(prepare, command, tmp_path):
    given = tmp_path / "given.jsonl"
    rows.write(given, [command("打电话给李伟", "call.make", ("person", "李伟"))])
    _, written, _ = prepare({}, str(given), "--pseudonym", "--pseudonym-key", "k")
    slot = written[0]["slots"][0]
    assert slot["value"] != "李伟" and written[0]["text"] == f"打电话给{slot['value']}"


def test_a_foreign_title_does_not_make_a_command_foreign(prepare, command, tmp_path):
    given = tmp_path / "given.jsonl"
    title = "lo mejor de los 00's"
    rows.write(given, [command(f"add sam moore to {title}", "media.add_to_playlist", ("playlist", title), lang="en")])
    _, written, _ = prepare({}, str(given))
    assert [row["lang"] for row in written] == ["en"]
