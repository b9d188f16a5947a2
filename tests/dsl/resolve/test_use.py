"""`use`: names from the library and from files beside the spec."""

import pytest


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "blocks.ad").write_text(
        "ad 1\nparam width: int = 3\nblock fc = Linear(width) | ReLU\nblock hidden = Tanh\n"
    )
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "net.ad").write_text(
        'ad 1\nuse "../blocks.ad" (fc)\n'
        "network Inner { input x: vector[4] node N(x) = fc output y = N }\n"
    )
    return tmp_path


NET = "network Net { input x: vector[4]  node N(x) = %s output y = N }"


def test_a_block_keeps_the_names_of_its_own_file(checked, folder):
    spec = checked('use "blocks.ad" (fc as dense)\n' + NET % "dense", folder)
    assert spec.networks["Net"].node("N").shape == (3,)


def test_settings_reach_the_params_of_used_files(checked, folder):
    spec = checked('use "blocks.ad" (fc)\n' + NET % "fc", folder, width="9")
    assert spec.networks["Net"].node("N").shape == (9,)


def test_files_use_files(checked, folder):
    spec = checked('use "deep/net.ad" (Inner)\n' + NET % "Inner | Linear(2)", folder)
    assert spec.networks["Net"].node("N").shape == (2,)
    assert "Inner" in spec.networks


@pytest.mark.parametrize(
    ("use", "code"),
    [
        ('"missing.ad" (fc)', "AD206"),
        ('"blocks.txt" (fc)', "AD207"),
        ('"../blocks.ad" (fc)', "AD207"),
        ('"/etc/passwd.ad" (fc)', "AD207"),
        ('"blocks.ad" (fcc as fc)', "AD205"),
        ("std.layer (fc)", "AD204"),
    ],
)
def test_what_cannot_be_used_is_said_once(check, folder, use, code):
    assert check(f"use {use}\n" + NET % "fc", folder)[1] == [code]


def test_a_link_out_of_the_folder_is_not_followed(check, folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "other.ad"
    outside.write_text("ad 1\nblock fc = Linear(2)\n")
    (folder / "link.ad").symlink_to(outside)
    assert check('use "link.ad" (fc)\n' + NET % "fc", folder)[1] == ["AD206"]


def test_a_name_taken_twice_is_refused(check, folder):
    assert check('use "blocks.ad" (fc, hidden as fc)\n' + NET % "fc", folder)[1] == ["AD202"]
