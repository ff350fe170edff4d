#!/usr/bin/env pwsh
<#
.SYNOPSIS
    The commands of the README under one name.
.DESCRIPTION
    build            builds everything, warnings being errors
    test             runs all tests
    run FILE…        runs a sweep, or goes on with it; without a file the quickstart
    verify FOLDER    holds our numbers against golden cases
    bench [NAME…]    measures
    Whatever else is given is passed on.
.EXAMPLE
    ./run.ps1 run config/quickstart.yaml
#>
param(
    [Parameter(Mandatory, Position = 0)]
    [ValidateSet('build', 'test', 'run', 'verify', 'bench')]
    [string] $Verb,

    [Parameter(ValueFromRemainingArguments)]
    [string[]] $Rest = @()
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$root = $PSScriptRoot

switch ($Verb) {
    'build' { dotnet build -c Release "$root/Orchestrator.sln" @Rest }
    'test' { dotnet test -c Release "$root/Orchestrator.sln" @Rest }
    'run' {
        if ($Rest.Count -eq 0) { $Rest = @("$root/config/quickstart.yaml") }
        dotnet run -c Release --project "$root/src/Orchestrator" -- run @Rest
    }
    'verify' { dotnet run -c Release --project "$root/src/Orchestrator" -- verify @Rest }
    'bench' { dotnet run -c Release --project "$root/bench" -- @Rest }
}
exit $LASTEXITCODE
