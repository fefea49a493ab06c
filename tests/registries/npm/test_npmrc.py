"""The promises of reading npm's configuration: the same registry and credentials npm would use."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tgtui.basics.errors import SettingsError
from tgtui.registries.npm.npmrc import NpmConfig, parse_npmrc, read_npm_config

COMPANY = "https://npm.company.example/"


class Machine:
    """A made-up home, project and environment."""

    def __init__(self, root: Path) -> None:
        self.home, self.project = root / "home", root / "home" / "project"
        self.project.mkdir(parents=True)
        (self.project / "package.json").write_text("{}")
        self.env = {"PATH": "", "PREFIX": str(root / "prefix")}
        self.global_file = root / "prefix" / "etc" / "npmrc"
        self.global_file.parent.mkdir(parents=True)

    def user(self, text: str) -> None:
        (self.home / ".npmrc").write_text(text)

    def read(self, setting: str | None = None, folder: Path | None = None) -> NpmConfig:
        return read_npm_config(setting, env=self.env, folder=folder or self.project, home=self.home)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_strongest_source_wins(machine: Machine) -> None:
    found = []
    machine.global_file.write_text("registry = https://global.example")
    found.append(machine.read().registry)
    machine.user("registry=https://user.example")
    found.append(machine.read().registry)
    (machine.project / ".npmrc").write_text("registry=https://project.example")
    found.append(machine.read().registry)
    machine.env["NPM_CONFIG_REGISTRY"] = "https://env.example"
    found.append(machine.read().registry)
    found.append(machine.read("https://setting.example").registry)
    names = ("global", "user", "project", "env", "setting")
    assert found == [f"https://{name}.example/" for name in names]


@pytest.mark.parametrize(
    "name", ["npm_config_registry", "NPM_CONFIG_REGISTRY", "npm_Config_Registry"]
)
def test_the_variable_is_read_in_any_case(machine: Machine, name: str) -> None:
    machine.env[name] = COMPANY
    assert machine.read().registry == COMPANY


def test_an_empty_variable_is_none(machine: Machine) -> None:
    machine.env["npm_config_registry"] = ""
    machine.user(f"registry={COMPANY}")
    assert machine.read().registry == COMPANY


def test_without_any_configuration_it_is_the_well_known_https_address(machine: Machine) -> None:
    registry = machine.read().registry
    assert registry.startswith("https://")
    assert registry.endswith("/")
    assert registry.count("/") == 3


def test_the_project_is_found_from_a_folder_inside_it(machine: Machine) -> None:
    inside = machine.project / "src" / "deep"
    inside.mkdir(parents=True)
    (machine.project / ".npmrc").write_text(f"registry={COMPANY}")
    assert machine.read(folder=inside).registry == COMPANY


def test_other_places_of_the_user_and_global_file_are_followed(
    machine: Machine, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").write_text("registry=https://else.example\n")
    machine.env["npm_config_userconfig"] = str(tmp_path / "elsewhere")
    assert machine.read().registry == "https://else.example/"
    (tmp_path / "elsewhere").write_text(f"globalconfig={tmp_path / 'all'}\n")
    (tmp_path / "all").write_text(f"registry={COMPANY}\n")
    assert machine.read().registry == COMPANY


@pytest.mark.parametrize(("written", "below"), [("~/else", "else"), ("~else", None)])
def test_a_tilde_and_a_slash_begin_the_home_folder(
    machine: Machine, written: str, below: str | None
) -> None:
    """As npm reads them: `~name` is a file of that name."""
    machine.user(f"cafile={written}.pem\nprefix={written}\n")
    place = machine.home / (below or "nowhere")
    (place / "etc").mkdir(parents=True)
    (place / "etc" / "npmrc").write_text(f"registry={COMPANY}\n")
    found = machine.read()
    assert found.cafile == (machine.home / "else.pem" if below else Path("~else.pem"))
    assert (found.registry == COMPANY) == (below is not None)


def test_a_scope_has_its_own_registry(machine: Machine) -> None:
    machine.user(f"registry=https://main.example\n@company:registry={COMPANY}npm\n")
    config = machine.read()
    assert config.registry_for("@company/x") == f"{COMPANY}npm/"
    assert config.registry_for("@other/x") == "https://main.example/"
    assert config.registry_for("company") == "https://main.example/"
    assert machine.read("https://set.example").registry_for("@company/x") == f"{COMPANY}npm/"


@pytest.mark.parametrize(
    ("line", "header"),
    [
        ("_authToken=abc", "Bearer abc"),
        ("_authToken=${TOKEN}", "Bearer from-env"),
        ("_auth=dTpw", "Basic dTpw"),
        ("username=u\n//npm.company.example/:_password=cA==", "Basic dTpw"),
        ("_authToken=a\u00e4", None),
        ("username=u", None),
    ],
)
def test_credentials_of_a_host(machine: Machine, line: str, header: str | None) -> None:
    machine.env["TOKEN"] = "from-env"
    machine.user(f"registry={COMPANY}\n//npm.company.example/:{line}\n")
    assert machine.read().authorization_for(f"{COMPANY}@a%2fb") == header


@pytest.mark.parametrize(
    "url",
    [
        "https://npm.company.example.evil.example/",
        "https://evil.example/npm.company.example/",
        "https://npm.company.example:8443/",
        "https://company.example/",
        "https://user@evil.example/",
        "https://[/",
    ],
)
def test_credentials_go_to_no_other_host(machine: Machine, url: str) -> None:
    machine.user("//npm.company.example/:_authToken=secret\n_authToken=unscoped\n")
    assert machine.read().authorization_for(url) is None


def test_the_longest_path_has_the_credentials(machine: Machine) -> None:
    machine.user("//h.example/:_authToken=short\n//h.example/a/b/:_authToken=long\n")
    config = machine.read()
    assert config.authorization_for("https://h.example/a/b/express") == "Bearer long"
    assert config.authorization_for("https://h.example/a/bc/express") == "Bearer short"
    assert config.authorization_for("https://H.example/a/express") == "Bearer short"


def test_a_password_in_the_address_becomes_a_header_and_leaves_the_address(
    machine: Machine,
) -> None:
    machine.user("registry=https://us%40er:se%3Acret@npm.company.example/npm\n")
    config = machine.read()
    assert config.registry == f"{COMPANY}npm/"
    expected = base64.b64encode(b"us@er:se:cret").decode()
    assert config.authorization_for(f"{COMPANY}npm/x") == f"Basic {expected}"
    assert "secret" not in repr(config)
    assert expected not in repr(config)


@pytest.mark.parametrize(
    "address", ["ftp://x.example", "npm.example", "https://", "https://[", "https://x:y"]
)
def test_an_address_that_is_none_is_a_sentence_without_its_password(
    machine: Machine, address: str
) -> None:
    with pytest.raises(SettingsError, match=r"registry address in the setting .* is not"):
        machine.read(address)
    with pytest.raises(SettingsError) as caught:
        machine.read("ftp://user:hunter2@x.example")
    assert "hunter2" not in str(caught.value)


def test_the_certificates_npm_trusts_are_known(machine: Machine) -> None:
    assert machine.read().cafile is None
    machine.user("cafile=/etc/company.pem")
    assert machine.read().cafile == Path("/etc/company.pem")


def test_an_unreadable_file_is_left_out(machine: Machine) -> None:
    (machine.home / ".npmrc").mkdir()
    machine.env["npm_config_registry"] = COMPANY
    assert machine.read().registry == COMPANY
    (machine.home / ".npmrc").rmdir()
    (machine.home / ".npmrc").write_bytes(b"registry=https://big.example\n" + b"#" * (1 << 20))
    machine.env.clear()
    assert machine.read().registry != "https://big.example/"


def test_the_file_s_syntax_is_npm_s() -> None:
    text = (
        "\n; comment\n# comment\r\n  spaced  =  a b  \nflag\nquoted = \"a;b\"\nsingle='a#b'\n"
        "cut = a ; rest\ncut2=a#rest\nescaped=a\\;b\\#c\nequals=a=b\nlist[]=x\nempty=\nback=a\\b\n"
        "once=1\nonce=2\n[section]\nregistry=https://section.example\n"
    )
    assert parse_npmrc(text, {}) == {
        "spaced": "a b",
        "flag": "true",
        "quoted": "a;b",
        "single": "a#b",
        "cut": "a",
        "cut2": "a",
        "escaped": "a;b#c",
        "equals": "a=b",
        "empty": "",
        "back": "a\\b",
        "once": "2",
    }


def test_variables_are_replaced_as_npm_does() -> None:
    env = {"A": "1", "NAME": "key"}
    text = "set=x${A}y\nunset=${B}\noptional=${B?}\nescaped=\\${A}\n${NAME}=v\nodd=${}$A\n"
    assert parse_npmrc(text, env) == {
        "set": "x1y",
        "unset": "${B}",
        "optional": "",
        "escaped": "${A}",
        "key": "v",
        "odd": "${}$A",
    }
