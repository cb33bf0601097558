#!/usr/bin/env bash
# Makes or brings up to date .venv from requirements.lock. Run by make; safe to run again.
#
#   PYTHON         the interpreter (default python3.11)
#   PIP_FIND_LINKS a folder of wheels, honoured for uv too
#   CARREL_TORCH   "cpu" (default) or "cuda": torch's build. CUDA is several GB and never taken unasked.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3.11}
command -v "$python" >/dev/null || {
  echo "Carrel needs Python 3.11, and '$python' is not on the PATH. Install it, or name it: make run PYTHON=/path/to/python3.11" >&2
  exit 1
}
"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || {
  echo "Carrel needs Python 3.11 (Rasa 3.6 runs on no later one); '$python' is $("$python" -V)." >&2
  exit 1
}

# uv reads neither pip's find-links nor pip's index by itself.
[ -z "${PIP_FIND_LINKS:-}" ] || export UV_FIND_LINKS=${UV_FIND_LINKS:-$PIP_FIND_LINKS}
[ -z "${PIP_INDEX_URL:-}" ] || export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$PIP_INDEX_URL}
export UV_LINK_MODE=${UV_LINK_MODE:-copy} UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-180}

echo "Setting up .venv (a few minutes the first time) ..."
[ -x .venv/bin/python ] || "$python" -m venv .venv
[ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet "$(grep '^uv==' requirements.lock)"
install() { .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps "$@"; }

# Without dependencies: the lock is complete, and rasa's own markers would exclude Python 3.11.
grep -v '^torch==' requirements.lock | install -r /dev/stdin

torch=$(grep '^torch==' requirements.lock | cut -d' ' -f1)
have=$(.venv/bin/python -c 'from importlib.metadata import version; print("torch==" + version("torch"))' 2>/dev/null || true)
if [ "${have%%+*}" != "$torch" ]; then
  if [ "${CARREL_TORCH:-cpu}" = cuda ]; then
    echo "Installing $torch with CUDA, as CARREL_TORCH asks: several GB."
    .venv/bin/uv pip install --quiet --python .venv/bin/python "$torch"
  elif [ "$(uname -s)" != Linux ]; then
    install "$torch" # elsewhere the usual build has no CUDA
  elif install "$torch+cpu" 2>/dev/null || install --torch-backend cpu "$torch" 2>/dev/null; then
    :
  # pip also looks where its own configuration points, which uv does not read.
  elif .venv/bin/python -m pip install --quiet --no-deps "$torch+cpu" 2>/dev/null; then
    :
  else
    cat >&2 <<END
The CPU build of $torch could not be had: it is neither in PIP_FIND_LINKS, nor at PyTorch's own index, nor where pip looks.
Only the build with CUDA is left, several GB, which Carrel does not need and does not take unasked.
Either put the wheel '$torch+cpu' into a folder and set PIP_FIND_LINKS to that folder, or say CARREL_TORCH=cuda.
END
    exit 1
  fi
fi

install --editable . # built apart: setuptools wants a newer packaging than Rasa allows

# Nobody waits for Python's compiler each time a process starts: it would take Rasa's twelve seconds wherever the files
# beside the sources are not written (a read-only disk, PYTHONDONTWRITEBYTECODE). Some files are meant not to compile.
.venv/bin/python -m compileall -q -j 0 -x '/tests?/' .venv/lib actions bot connectors >/dev/null || true
