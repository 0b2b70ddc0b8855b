"""The helper that reads markers for another machine than this one."""

import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "systemd"))

import wheels  # noqa: E402


def lines_of(tmp_path, text, python, machine="aarch64"):
    file = tmp_path / "requirements.txt"
    file.write_text(text)
    environment = wheels.target_environment(python, machine)
    return wheels.plain_lines(wheels.read_requirements(file), environment)


def add_distribution(site, name, version, *requires):
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir(parents=True)
    asked = "".join(f"Requires-Dist: {line}\n" for line in requires)
    (folder / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{asked}"
    )


def test_markers_are_read_for_the_target_and_dropped(tmp_path):
    text = 'numpy==1.26.4; python_version < "3.12"\nnumpy==2.4.6; python_version >= "3.12"\n'
    assert lines_of(tmp_path, text, "3.11.2") == ["numpy==1.26.4"]
    assert lines_of(tmp_path, text, "3.13.5") == ["numpy==2.4.6"]


def test_the_machine_is_the_target_and_not_this_one(tmp_path):
    text = 'a; platform_machine == "x86_64"\nb; platform_machine == "aarch64"\n'
    assert lines_of(tmp_path, text, "3.11.2") == ["b"]
    assert lines_of(tmp_path, text, "3.11.2", "x86_64") == ["a"]


def test_comments_and_empty_lines_are_no_requirements(tmp_path):
    assert lines_of(tmp_path, "# why\n\nmsgspec==0.22.0  # small\n", "3.13.5") == [
        "msgspec==0.22.0"
    ]


def test_a_line_that_two_files_have_comes_once(tmp_path):
    assert lines_of(tmp_path, "numpy<2\nnumpy<2; python_version < '3.12'\n", "3.11.2") == [
        "numpy<2"
    ]


def test_an_option_is_refused_with_its_place(tmp_path):
    with pytest.raises(wheels.WheelsError, match=r"requirements.txt:2: '-r other.txt'"):
        lines_of(tmp_path, "numpy\n-r other.txt\n", "3.11.2")


@pytest.mark.parametrize(
    ("python", "machine", "runtime", "other"),
    [
        ("3.11.2", "armv7l", "tflite-runtime", "ai-edge-litert"),
        ("3.11.2", "aarch64", "ai-edge-litert", "tflite-runtime"),
        ("3.13.5", "aarch64", "ai-edge-litert", "tflite-runtime"),
    ],
)
def test_our_requirements_give_one_runtime(python, machine, runtime, other):
    environment = wheels.target_environment(python, machine)
    ours = wheels.read_requirements(REPOSITORY / "requirements-pi.txt")
    names = [wheels.Requirement(line).name for line in wheels.plain_lines(ours, environment)]
    assert runtime in names
    assert other not in names
    assert len(names) == len(set(names))


def test_tags_reach_from_the_trees_glibc_down_to_2_17():
    tags = wheels.platform_tags("2.36")
    assert tags[0] == "manylinux_2_36_aarch64"
    assert tags[-3:] == ["manylinux_2_17_aarch64", "manylinux2014_aarch64", "linux_aarch64"]


def test_another_libc_is_refused():
    with pytest.raises(wheels.WheelsError, match=r"1\.2\.5"):
        wheels.platform_tags("1.2.5")


def test_a_whole_site_has_nothing_to_complain_of(tmp_path):
    add_distribution(
        tmp_path, "asker", "1", "Given>=2", 'old; python_version < "3.11"', "x; extra == 'y'"
    )
    add_distribution(tmp_path, "given", "2.1")
    assert wheels.complaints(tmp_path, "3.11.2") == []


def test_what_is_asked_for_only_on_the_target_is_missed(tmp_path):
    add_distribution(tmp_path, "asker", "1", 'new; python_version >= "3.13"')
    assert wheels.complaints(tmp_path, "3.11.2") == []
    assert "new" in wheels.complaints(tmp_path, "3.13.5")[0]


def test_a_version_that_does_not_fit_is_named(tmp_path):
    add_distribution(tmp_path, "asker", "1", "given<2")
    add_distribution(tmp_path, "given", "2.1")
    assert "but 2.1 is there" in wheels.complaints(tmp_path, "3.11.2")[0]


def test_an_empty_site_is_not_whole(tmp_path):
    assert "no distribution" in wheels.complaints(tmp_path, "3.11.2")[0]


def test_tags_of_an_x86_machine_reach_down_to_2_5():
    tags = wheels.platform_tags("2.36", "x86_64")
    assert tags[0] == "manylinux_2_36_x86_64"
    assert "manylinux2014_x86_64" in tags
    assert tags[-3:] == ["manylinux_2_5_x86_64", "manylinux1_x86_64", "linux_x86_64"]
