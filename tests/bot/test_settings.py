"""The settings: defaults, errors that name the setting, secrets that stay secret."""

from pathlib import Path

import pytest

from bot.settings import NAMES, SettingsError, read_settings

ROOT = Path(__file__).parents[2]

MESSENGER = {
    "MESSENGER_PAGE_ID": "1",
    "MESSENGER_PAGE_ACCESS_TOKEN": "token-of-the-page",
    "MESSENGER_APP_SECRET": "secret-of-the-app",
    "MESSENGER_VERIFY_TOKEN": "word",
}


def read(tmp_path: Path, **values: str):
    return read_settings({"CARREL_VAR": str(tmp_path), **values}, env_file=None)


def test_defaults_are_those_of_the_contract(tmp_path: Path) -> None:
    """An empty environment gives the documented defaults and no channel."""
    settings = read(tmp_path)

    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert settings.rasa_url == "http://127.0.0.1:5005"
    assert settings.actions_port == 5055
    assert str(settings.timezone) == "Asia/Hong_Kong"
    assert (settings.graph_api_url, settings.graph_api_version) == ("https://graph.facebook.com", "v26.0")
    assert settings.twilio_api_url == "https://api.twilio.com"
    assert settings.stale_after_seconds == 3600
    assert (settings.messenger, settings.whatsapp, settings.twilio) == (None, None, None)


def test_public_url_follows_host_and_port(tmp_path: Path) -> None:
    """PUBLIC_URL defaults to where the web process listens."""
    assert read(tmp_path, HOST="0.0.0.0", PORT="9000").public_url == "http://0.0.0.0:9000"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("PUBLIC_URL", "bot.library.example"),
        ("PUBLIC_URL", "http://host:port"),
        ("DATABASE_URL", "mysql://localhost/carrel"),
        ("REDIS_URL", "localhost:6379"),
        ("RASA_URL", "5005"),
        ("ACTIONS_PORT", "0"),
        ("LIBRARY_TIMEZONE", "Hong Kong"),
        ("LIBRARY_TIMEZONE", "../../etc/passwd"),
        ("SECRET_KEY", "short"),
        ("GRAPH_API_VERSION", "26"),
        ("STALE_AFTER_SECONDS", "-1"),
    ],
)
def test_each_error_names_its_setting_and_what_it_should_be(tmp_path: Path, name: str, value: str) -> None:
    """A wrong value is refused with its name and with what would be right."""
    with pytest.raises(SettingsError, match=rf"^{name}: .* should be ") as caught:
        read(tmp_path, **{name: value})

    assert "Traceback" not in str(caught.value)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """Two wrong settings give two lines, so that nobody mends them one start at a time."""
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, PORT="x", ACTIONS_PORT="y")

    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["PORT", "ACTIONS_PORT"]


@pytest.mark.parametrize("missing", MESSENGER)
def test_half_a_channel_is_an_error_that_names_what_is_missing(tmp_path: Path, missing: str) -> None:
    """A channel with some of its settings refuses to start and names the others."""
    some = {name: value for name, value in MESSENGER.items() if name != missing}
    with pytest.raises(SettingsError, match=f"^{missing}: missing"):
        read(tmp_path, **some)


def test_an_empty_value_means_unset(tmp_path: Path) -> None:
    """The empty lines of a copied .env.example do not count as half a channel."""
    assert read(tmp_path, **dict.fromkeys(MESSENGER, "")).messenger is None


def test_secrets_stay_out_of_repr_and_of_errors(tmp_path: Path) -> None:
    """Neither a log line of the settings nor an error shows a secret."""
    settings = read(tmp_path, **MESSENGER, DATABASE_URL="postgresql://me:hunter2@db/carrel")

    assert settings.messenger is not None
    for secret in ("token-of-the-page", "secret-of-the-app", "hunter2", settings.secret_key):
        assert secret not in repr(settings)
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, DATABASE_URL="mysql://me:hunter2@db/carrel")
    assert "hunter2" not in str(caught.value)


def test_secret_key_is_made_once_and_kept(tmp_path: Path) -> None:
    """Two starts sign sessions with the same key, in a file that only its owner reads."""
    first, second = read(tmp_path).secret_key, read(tmp_path).secret_key

    assert first == second
    assert len(first) >= 32
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_env_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    """.env sets what the environment leaves open."""
    env = tmp_path / ".env"
    env.write_text(f"PORT=8100\nHOST=0.0.0.0\nCARREL_VAR={tmp_path}\n")
    settings = read_settings({"PORT": "8200"}, env)

    assert (settings.port, settings.host) == (8200, "0.0.0.0")


def test_a_misspelt_name_in_the_env_file_is_told_with_the_right_one(tmp_path: Path) -> None:
    """A typo in .env does not silently leave a channel off."""
    env = tmp_path / ".env"
    env.write_text("MESENGER_PAGE_ID=1\n")
    with pytest.raises(SettingsError, match=r"MESENGER_PAGE_ID.*did you mean MESSENGER_PAGE_ID"):
        read_settings({}, env)


def test_every_setting_is_documented_in_the_example() -> None:
    """.env.example names exactly the settings that there are."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    documented = [line.split("=")[0] for line in lines if line and not line.startswith("#")]

    assert sorted(NAMES) == sorted(documented)


def test_the_example_itself_is_a_working_env_file(tmp_path: Path) -> None:
    """Copying .env.example without filling anything in gives the defaults."""
    settings = read_settings({"CARREL_VAR": str(tmp_path)}, ROOT / ".env.example")

    assert settings.messenger is None
    assert settings.port == 8000


def test_the_shown_number_is_kept_as_its_digits(tmp_path: Path) -> None:
    """Links into WhatsApp take digits alone."""
    assert read(tmp_path, WHATSAPP_SHOWN_NUMBER="+852 5550-0123").whatsapp_shown_number == "85255500123"
    with pytest.raises(SettingsError, match="WHATSAPP_SHOWN_NUMBER"):
        read(tmp_path, WHATSAPP_SHOWN_NUMBER="ask at the desk")


def test_photos_go_to_the_page_of_the_messenger_channel_alone(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="CONTEST_FACEBOOK needs the page"):
        read(tmp_path, CONTEST_FACEBOOK="page")
    with pytest.raises(SettingsError, match="CONTEST_FACEBOOK"):
        read(tmp_path, **MESSENGER, CONTEST_FACEBOOK="our album")
    assert read(tmp_path, **MESSENGER, CONTEST_FACEBOOK="1234567890").contest_facebook == "1234567890"
