"""Parts of the installer and the supervisor that need neither network nor Triton."""
import contextlib
import doctest
import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from triton_local import debian, environment, machine, plain_paths, ports, runs, server, server_files, staging, supervisor, torch_without_cuda
from triton_local.home import Home
from triton_local.problem import Problem


class Installation(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Home(folder.name)

    def test_examples_in_the_documentation(self):
        for module in (environment, plain_paths, server_files, supervisor, torch_without_cuda):
            self.assertEqual(doctest.testmod(module).failed, 0)

    def test_a_part_that_fails_half_way_leaves_the_old_one(self):
        with staging.part(self.home, self.home.venv, {"version": 1}) as folder:
            (folder / "file").write_text("old")
        with self.assertRaises(RuntimeError), staging.part(self.home, self.home.venv, {"version": 2}) as folder:
            (folder / "file").write_text("new")
            raise RuntimeError
        self.assertEqual((self.home.venv / "file").read_text(), "old")
        self.assertEqual(self.home.stamp(self.home.venv), {"version": 1})
        self.assertEqual([path.name for path in self.home.root.iterdir()], ["venv"])

    def test_other_platforms_are_sent_to_the_container(self):
        with mock.patch.object(sys, "platform", "darwin"), self.assertRaisesRegex(Problem, "macOS.*docker compose --profile cpu up"):
            machine.check()

    @unittest.skipUnless(os.path.exists("/usr/bin/apt-get"), "needs apt-get")
    def test_without_root_the_line_to_type_is_told(self):
        with mock.patch("os.geteuid", lambda: 1000), self.assertRaisesRegex(Problem, "sudo apt-get install -y libpython3.11"):
            debian.install(["libpython3.11"])


class Runs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Home(folder.name)

    def test_the_next_start_sweeps_a_dead_run_and_spares_a_live_one(self):
        ended = subprocess.Popen(["true"])
        ended.wait()
        live, dead = runs.new_run(None), {**runs.new_run(None), "pid": ended.pid}
        for run in (live, dead):
            runs.record(self.home, run)
            (runs.SHARED_MEMORY / f"{run['shmPrefix']}-test").touch()
        with contextlib.redirect_stdout(io.StringIO()):
            runs.sweep_dead(self.home)
        self.assertEqual([path.name for path in self.home.runs.iterdir()], [f"{live['pid']}.json"])
        self.assertEqual((runs.remove_shared_memory(live["shmPrefix"]), runs.remove_shared_memory(dead["shmPrefix"])), (1, 0))

    def test_links_lie_where_a_shell_reads_their_path_as_one_word(self):
        folder = self.home.root / "a b (c)"
        for home, inside in ((self.home, True), (Home(folder), False)):
            run = runs.new_run(None)
            links = runs.make_links_folder(home, run)
            self.assertTrue(plain_paths.is_plain(links))
            self.assertEqual(links.is_relative_to(home.root), inside)
            repository = folder / "repository"
            self.assertEqual(server.plain_repository(repository, links), links / "repository")
            self.assertEqual((links / "repository").readlink(), repository)
            self.assertEqual(server.plain_repository(self.home.root, links), self.home.root)
            runs.forget(home, run)
            self.assertFalse(links.exists())

    def test_a_ready_file_of_a_later_run_stays(self):
        path = self.home.root / "ready.json"
        path.write_text(json.dumps({"pid": 2}))
        runs.remove_ready_file(path, 1)
        self.assertTrue(path.exists())
        runs.remove_ready_file(path, 2)
        self.assertFalse(path.exists())

    def test_a_taken_port_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with self.assertRaisesRegex(Problem, f"Port {port} on 127.0.0.1 .* --grpc-port"):
                ports.choose("127.0.0.1", {"http": 0, "grpc": port})


if __name__ == "__main__":
    unittest.main()
