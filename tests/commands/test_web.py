"""scgan web: it serves a page until it is stopped, and says where, or why not."""

import re
import signal
import sys
import urllib.request

import pytest


@pytest.fixture
def page_dir(tmp_path):
    (tmp_path / "_headers").write_text("/*\n  Cross-Origin-Opener-Policy: same-origin\n")
    (tmp_path / "index.html").write_text("Page")
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process")
def test_the_page_is_served_until_ctrl_c(start_tool, page_dir):
    # BROWSER names what opens the page: here it tells that it was asked to.
    variables = {"BROWSER": f"{sys.executable} -c \"print('opened')\""}
    with start_tool("web.py", "--port=0", f"--page_dir={page_dir}", variables=variables) as process:
        address = re.search(r"The page is at (http://127\.0\.0\.1:\d+/) until", process.stdout.readline())[1]
        with urllib.request.urlopen(address, timeout=30) as response:
            assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
            assert response.read() == b"Page"
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(timeout=30) == 130
    assert "Traceback" not in rest


def test_a_page_that_is_not_built_is_told_of_with_what_builds_it(call_tool, error_of, tmp_path):
    line = error_of(call_tool("web.py", f"--page_dir={tmp_path}"))
    assert f"--page_dir={tmp_path} has no page" in line
    assert line.endswith("cd web && npm ci && npm run build")


def test_a_port_that_there_is_not_is_refused(call_tool, error_of):
    assert "--port" in error_of(call_tool("web.py", "--port=70000"))


def test_it_needs_no_tensorflow_and_no_network(run_tool, tmp_path):
    for name in ("keras", "tensorflow", "ai_edge_litert"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('{name} was imported')")
    result = run_tool("web.py", "--help", path=[tmp_path])
    assert result.returncode == 0
    assert "--port: Port of the loopback address" in result.stdout
