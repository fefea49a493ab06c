"""`tgtui completion`: prints what makes a shell complete `tgtui`. The shell then asks the program at each press of tab.

click finds the completions. Its scripts are not used: bash's splits words at colons and equals signs, so nothing after
a database's URL is completed; zsh's and fish's replace all of `--status=fa` by `failed`, and fish's cuts descriptions
at a comma.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

END = "."
"""Behind the line, so that a blank at its end begins a new word."""
JOINED = re.compile(r"--[^=]+=")
"""An option and its value in one word."""

BASH = """\
_tgtui_completion() {
    local IFS=$'\\n' type value
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
        _TGTUI_COMPLETE=bash_complete "$1" 2>/dev/null)
}
complete -o nosort -F _tgtui_completion tgtui
"""
ZSH = """\
#compdef tgtui
_tgtui_completion() {
    local type value help
    local -a response plain described
    response=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \\
        _TGTUI_COMPLETE=zsh_complete ${~words[1]} 2>/dev/null)}")
    for type value help in $response; do
        case $type in
            dir) compset -P '--*='; _path_files -/ ;;
            file) compset -P '--*='; _path_files -f ;;
            plain)
                if [[ $help == _ ]]; then
                    plain+=("$value")
                else
                    described+=("$value:$help")
                fi ;;
        esac
    done
    (( $#described )) && _describe -V unsorted described -U
    (( $#plain )) && compadd -U -V unsorted -a plain
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _tgtui_completion "$@"
else
    compdef _tgtui_completion tgtui
fi
"""
FISH = """\
function _tgtui_completion
    set -l token (commandline -ct)
    set -l option (string match -r -- '^--[^=]+=' $token)
    for line in (env COMP_WORDS=(commandline -cp | string collect) COMP_CWORD="$token" \\
            _TGTUI_COMPLETE=fish_complete tgtui 2>/dev/null)
        set -l item (string split -m 1 , -- $line)
        switch $item[1]
            case dir
                for path in (__fish_complete_directories $item[2])
                    echo "$option$path"
                end
            case file
                for path in (__fish_complete_path $item[2])
                    echo "$option$path"
                end
            case plain
                echo $item[2]
        end
    end
end
complete --no-files --command tgtui --arguments "(_tgtui_completion)"
"""

EPILOG = """\b
Examples:
  eval "$(tgtui completion bash)"                        in ~/.bashrc
  tgtui completion zsh > ~/.zfunc/_tgtui                 a folder of your $fpath
  tgtui completion fish > ~/.config/fish/completions/tgtui.fish

\b
Completes commands, options, their values, files and folders.
"""


class _WholeWords(ShellComplete):
    """Offers whole words, also where an option and its value are one."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        found = super().get_completions(args, incomplete)
        if joined := JOINED.match(incomplete):
            for item in found:
                if item.type == "plain":
                    item.value = f"{joined[0]}{item.value}"
        return found


class _Bash(_WholeWords, BashComplete):
    source_template = BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        *words, last = split_arg_string(os.environ["COMP_LINE"] + END)
        return words[1:], last.removesuffix(END)

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """Without what bash leaves as it is: up to the last character at which it splits words."""
        found = super().get_completions(args, incomplete)
        signs = set(os.environ.get("COMP_WORDBREAKS", "")) - set(" \t\n\"'")
        left = max((incomplete.rfind(sign) + 1 for sign in signs), default=0)
        for item in found:
            if item.type == "plain":
                item.value = item.value[left:]
        return found


class _Zsh(_WholeWords, ZshComplete):
    source_template = ZSH


class _Fish(_WholeWords, FishComplete):
    source_template = FISH


SHELLS: Mapping[str, type[ShellComplete]] = {
    each.name: add_completion_class(each) for each in (_Bash, _Zsh, _Fish)
}


@click.command(epilog=EPILOG, short_help="Print a completion script for your shell.")
@click.argument("shell", type=click.Choice(list(SHELLS)))
def completion(shell: str) -> None:
    """Print a script that makes SHELL complete tgtui: bash, zsh or fish."""
    click.echo(SHELLS[shell].source_template, nl=False)


def indexed_registries(
    _context: object, _parameter: object, typed: str
) -> list[CompletionItem[Any]]:
    """Completes the name of a registry that can be imported whole."""
    from tgtui.registries.registered import REGISTERED
    from tgtui.registries.registration import registration

    names = (name for name in REGISTERED if name.startswith(typed))
    return [CompletionItem(name) for name in names if registration(name).is_indexed]
