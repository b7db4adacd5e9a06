# SPDX-License-Identifier: GPL-3.0-or-later
"""tally.py FOLDER SUITE RESULTS: tells what the meson test log FOLDER/meson-logs/SUITE.json says,
and adds a line "passed failed skipped" to the file RESULTS.

A test program that speaks TAP counts as many tests as it has, any other as one."""

import json
import re
import sys

CASE = re.compile(r'^(ok|not ok) \d+(.*)$', re.MULTILINE)
TELLING = re.compile(r'not ok|Bail out|ERROR|error:|CRITICAL|Sanitizer')


def count(test):
    """(passed, failed, skipped) of one program."""
    cases = CASE.findall(test.get('stdout') or '')
    failed = sum(word == 'not ok' for word, _ in cases)
    skipped = sum(word == 'ok' and '# SKIP' in rest.upper() for word, rest in cases)
    passed = len(cases) - failed - skipped
    if test['result'] == 'SKIP':
        return passed, 0, max(skipped, 1)
    if test['result'] in ('OK', 'EXPECTEDFAIL'):
        return (passed, 0, skipped) if cases else (1, 0, 0)
    return passed, max(failed, 1), skipped


def tell_failure(folder, suite, test):
    output = f"{test.get('stdout') or ''}\n{test.get('stderr') or ''}"
    lines = [line for line in output.splitlines() if line.strip()]
    print(f"    FAILED {test['name']} ({test['result'].lower()}); the whole log: {folder}/meson-logs/{suite}.txt")
    for line in ([line for line in lines if TELLING.search(line)] or lines[-5:])[:8]:
        print(f'        {line[:200]}')


def main(folder, suite, results):
    with open(f'{folder}/meson-logs/{suite}.json', encoding='utf-8') as log:
        tests = [json.loads(line) for line in log]
    total = [sum(column) for column in zip(*map(count, tests))]
    passed, failed, skipped = total
    print(f'    {suite:8}{passed:6} passed{failed:5} failed{skipped:5} skipped'
          f'  {sum(test["duration"] for test in tests):6.1f} s', flush=True)
    for test in tests:
        if count(test)[1]:
            tell_failure(folder, suite, test)
    with open(results, 'a', encoding='utf-8') as file:
        print(*total, file=file)


main(*sys.argv[1:])
