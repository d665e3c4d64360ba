"""Chinese pages: what the course says there is Chinese, its grading is the same, work/ is another."""

import json
import re
import subprocess
import sys

import nbformat
import pytest
from support.proof import hint

import helpers
from course import ROOT, explorers, feedback, language, predictions, record
from course.homework.work import copy_to_work
from course.language import ZH, in_chinese
from helpers import init_params, train

ENGLISH = re.compile(r"[A-Za-z]+(?: [a-z]+){2,}")  # three words in a row


@pytest.fixture
def chinese(monkeypatch):
    monkeypatch.setenv("COURSE_LANGUAGE", "zh")


def test_an_english_page_loads_nothing_of_this():
    code = "import sys; from course import feedback; print('polib' in sys.modules, feedback.spoken('a'))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert run.stdout.split() == ["False", "a"]


def test_a_page_below_zh_speaks_chinese_and_has_work_of_its_own(tmp_path):
    code = "from course import language, record; print(language.is_chinese(), record.asked.__defaults__[0])"
    for folder, wanted in ((ROOT / "chapters", f"False {ROOT}"), (ZH / "chapters", f"True {ZH}")):
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=True
        )
        assert run.stdout.strip() == wanted
    (tmp_path / "work" / "05_loss").mkdir(parents=True)
    (tmp_path / "work" / "05_loss" / "05_loss.ipynb").write_text("mine")
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh" / "exercises").symlink_to(ZH / "exercises")
    assert "work/05_loss/05_loss.ipynb: new" in copy_to_work(tmp_path / "zh")
    assert (tmp_path / "work" / "05_loss" / "05_loss.ipynb").read_text() == "mine"


def test_the_system_or_the_learner_chooses(monkeypatch):
    monkeypatch.delenv("COURSE_LANGUAGE", raising=False)
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    for asked, system, wanted in (
        ("", "zh_CN.UTF-8", "zh"),
        ("en", "zh_CN.UTF-8", "en"),
        ("", "de_DE", "en"),
    ):
        monkeypatch.setenv("COURSE_LANGUAGE", asked)
        monkeypatch.setenv("LANG", system)
        assert language.of_terminal() == wanted


def test_a_note_is_chinese_and_its_numbers_are_in_their_places(chinese):
    """A sentence in a sentence, a fragment behind it, and names of code, which stay."""
    note = hint("squared_loss", lambda y_hat, y: (y_hat - y.flatten()) ** 2 / 2)
    assert not ENGLISH.search(note) and "squared_loss" in note and "chapters/05_loss.ipynb" in note
    assert re.search(r"[(]\d+, \d+[)]", note) and len(note.splitlines()) == 4
    assert not ENGLISH.search(hint("linreg", None))


def test_behind_a_message_of_pytorch_the_note_is_chinese_again(chinese):
    """The message and the line of the learner's are kept, what follows them is not."""
    for name in ("softmax", "squared_loss"):
        note = hint(name, lambda *asked: asked[0] + asked[0].new_zeros(7, 5)).splitlines()
        assert "must match the size" in note[1] and "new_zeros(7, 5)" in note[2]
        assert not ENGLISH.search("\n".join(note[3:])) and "chapters/" in note[4]


def test_a_message_of_helpers_is_chinese_within_a_note(chinese):
    settings = {"lr": 9, "batch_size": 70, "num_epochs": 500, "report": None}
    note = hint("learn", lambda X, y: train(init_params(X.shape[1]), X, y, **settings))
    assert "步子太大了" in note and not ENGLISH.search(note.splitlines()[1])


def test_what_is_not_a_sentence_of_the_catalogues_reads_well():
    assert in_chinese("- 去掉的行：4.") == "- 去掉的行：4。"
    assert language.joined("没有定", ": a") == "没有定：a" and language.joined("- `", "租房") == "- `租房"
    assert in_chinese("check: there is no task 'm'.\n  near     momentum, train").endswith(" momentum, train")


def test_the_record_keeps_the_english_name_of_a_mistake(chinese, monkeypatch):
    added = []
    monkeypatch.setattr(record, "add", lambda *told: added.append(told))
    hint("05-mean", 5)
    assert added and not re.search("[\u4e00-\u9fff]", added[0][2])


@pytest.mark.parametrize("name", explorers.__all__)
def test_an_explorer_is_chinese_and_its_values_are_those_of_the_code(name, chinese, monkeypatch):
    made = getattr(explorers, name)()
    shown = [made.words.value.split("<em>")[1].partition("</em>")[0]]
    for control in made.controls.values():
        shown += [control.description, *getattr(control, "_options_labels", ())]
        width = sum(13 if letter > "⺀" else 7 for letter in control.description)
        assert width <= 143, f"{control.description} is cut off in JupyterLab"  # as seen in a browser
    assert not [text for text in shown if ENGLISH.search(text)]
    values = made.values()
    monkeypatch.setenv("COURSE_LANGUAGE", "en")
    assert getattr(explorers, name)().values() == values


def test_a_prediction_is_chinese_to_its_end(chinese):
    made = predictions.one_bias_each()
    made.options.value = "(3, 3)"
    made.reveal()
    page = made._repr_mimebundle_()["text/plain"]
    words = re.sub("<[^<>]*>|`[^`]*`", "", made.answer.value + page)
    assert "(3, 3)" in words and not ENGLISH.search(words)


def name_of(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def test_a_solved_chinese_exercise_is_graded_as_the_english_one(chinese, monkeypatch, capsys):
    monkeypatch.setattr(feedback, "STATES", {})
    shown = []
    monkeypatch.setattr(feedback, "display", lambda table: shown.append(repr(table)))
    solved = {}
    for cell in nbformat.read(ROOT / "solutions/05_loss/05_loss.ipynb", as_version=4).cells:
        solved |= {name_of(cell): cell.source} if name_of(cell) else {}
    names, count = {}, 0
    for cell in nbformat.read(ZH / "exercises/05_loss/05_loss.ipynb", as_version=4).cells:
        if cell.cell_type == "code":
            exec(solved.get(name_of(cell), cell.source), names)
            count += cell.source.startswith("check(")
    assert set(feedback.STATES.values()) == {"solved"} and len(feedback.STATES) == count
    assert str(count) in shown[-1].splitlines()[-1] and "solved" not in shown[-1]
    assert not ENGLISH.search(shown[-1] + capsys.readouterr().out)


def test_the_titles_of_the_record_are_chinese_and_its_tasks_the_same():
    english, other = record.asked(ROOT), record.asked(ZH)
    assert [*english] == [*other] and len(english) > 100
    assert all(re.search("[\u4e00-\u9fff]", one.title + one.heading) for one in other.values())
    assert not [one for one in other.values() if "练习" in one.title or "分钟" in one.heading]


def test_an_error_of_helpers_has_its_chinese_below():
    code = "import helpers, course.figures\nhelpers.check_count('n', 2.5)"
    import nbclient

    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(
        nb, allow_errors=True, kernel_name="python3", resources={"metadata": {"path": ZH}}
    ).execute()
    (output,) = nb.cells[0].outputs
    assert (
        output.evalue in output.traceback[-2]
        and output.traceback[-1] == in_chinese(output.evalue) != output.evalue
    )


def test_no_english_remains_in_what_the_chinese_pages_show():
    for path in [*ZH.glob("chapters/*.ipynb"), *ZH.glob("solutions/*/*.ipynb")]:
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                if len(output.get("data", {})) > 1:
                    text = re.sub("`[^`]*`", "", "".join(output["data"]["text/plain"]))
                    assert not ENGLISH.search(text), f"{path.name} {cell['id']}: {text}"


def test_what_a_learner_wrote_stays_and_the_rest_of_the_note_is_chinese(chinese):
    """A line of code with a colon, a sentence as an answer, a message of helpers, a name that is a word."""
    note = hint("clip", lambda params, limit: [limit / 0 for param in params])
    assert re.findall(r"(?m)^ +(\S+)", note) == ["看到", "在这一行", "错误", "请看"]
    assert "'line c, the shape: it is broadcast'" in hint("05-bug", "line c, the shape: it is broadcast")
    note = hint("training_loop", lambda w, b, *rest: helpers.sgd(w, 0.1, 1))
    assert not ENGLISH.search(note.splitlines()[1])
    note = hint("gradient", lambda X, y, w, b: (2 * w.flatten(), 2 * b))
    assert note.count("w 的梯度") == 2 and not ENGLISH.search(note)
    assert in_chinese("| momentum | ✓ solved |").startswith("| momentum | ✓")
