"""Published key formats of code hosts, package registries, build and observability services.

Each row: provider, literals, shape, check. Sources: the providers' documentation
pages on their tokens, as named; lengths that a provider calls subject to change
are bounds here.
"""

from __future__ import annotations

from typing import Final

from guardrail.detect.secret_format import A62, B64, HEX, UUID, Row, Url, cased, crc_62

__all__ = ["CODE"]

CODE: Final[tuple[Row, ...]] = (
    # GitHub: docs.github.com, on token formats
    ("GitHub", "ghp_ gho_ ghu_ ghs_ ghr_", f"gh[pousr]_{A62}{{36}}", crc_62),
    ("GitHub", "ghp_ gho_ ghu_ ghs_ ghr_", f"gh[pousr]_{A62}{{20,255}}", None),
    ("GitHub", "github_pat_", f"github_pat_{A62}{{10,30}}_{A62}{{20,220}}", None),
    # docs.gitlab.com: "Token overview", token prefixes
    (
        "GitLab",
        "glpat- gldt- glrt- glrtr- glcbt- glptt- glft- glimt- glagent- gloas- glsoat- glffct- glwt-",
        rf"gl(?:pat|dt|rtr?|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)-(?:t\d_)?{Url}{{18,300}}(?:\.[0-9a-z]{{2}}\.[0-9a-z]{{9}})?",
        None,
    ),
    ("GitLab", "GR1348941", f"GR1348941{Url}{{20,50}}", None),
    # support.atlassian.com: API tokens; Bitbucket app passwords and access tokens
    ("Atlassian", "ATATT3 ATCTT3", "AT[AC]TT3[A-Za-z0-9_=-]{50,400}", None),
    ("Bitbucket", "ATBB", f"ATBB{A62}{{24,36}}", cased),
    # docs.npmjs.com: access tokens; docs.pypi.org: API tokens; guides.rubygems.org: API keys
    ("npm", "npm_", f"npm_{A62}{{36}}", crc_62),
    ("npm", "npm_", f"npm_{A62}{{36,64}}", None),
    ("PyPI", "pypi-", f"pypi-{Url}{{50,1000}}", None),
    ("RubyGems", "rubygems_", f"rubygems_{HEX}{{48}}", None),
    ("NuGet", "oy2", "oy2[a-z0-9]{43}", cased),
    ("crates.io", "cio", f"cio{A62}{{32}}", cased),
    ("Clojars", "CLOJARS_", "CLOJARS_[a-z0-9]{60}", None),
    # docs.docker.com: personal and organization access tokens; jfrog.com/help: access tokens
    ("Docker Hub", "dckr_pat_ dckr_oat_", f"dckr_[po]at_{Url}{{20,64}}", None),
    ("Artifactory", "AKCp", f"AKCp{A62}{{60,80}}", cased),
    ("Artifactory", "cmVmdGtuO", f"cmVmdGtuO{A62}{{50,60}}", None),
    # Build and quality services: their own token pages
    ("CircleCI", "CCIPAT_ CCIPRJ_", f"CCIP(?:AT|RJ)_{A62}{{20,24}}_{HEX}{{40}}", None),
    ("Buildkite", "bkua_", "bkua_[a-z0-9]{40}", None),
    ("SonarQube", "sqp_ squ_ sqa_", f"sq[pua]_{HEX}{{40}}", None),
    ("Sourcegraph", "sgp_", f"sgp_(?:(?:{HEX}{{16}}|local)_)?{HEX}{{40}}", None),
    ("Snyk", "snyk_uat.", rf"snyk_uat\.{HEX}{{8}}\.[A-Za-z0-9_.-]{{20,300}}", None),
    ("Infracost", "ico-", f"ico-{A62}{{32}}", cased),
    ("Prefect", "pnu_ pnb_", "pn[ub]_[A-Za-z0-9]{36}", None),
    ("ReadMe", "rdme_", "rdme_[a-z0-9]{70}", None),
    ("Postman", "PMAK-", f"PMAK-{HEX}{{24}}-{HEX}{{34}}", None),
    ("Postman", "PMAT-", "PMAT-[0-9A-Z]{26}", None),
    ("LaunchDarkly", "sdk- api- mob-", f"(?:sdk|api|mob)-{UUID}", None),
    # Observability
    ("Sentry", "sntrys_", r"sntrys_eyJ[A-Za-z0-9+/=_-]{30,500}", None),
    ("Sentry", "sntryu_ sntrya_", f"sntry[ua]_{HEX}{{64}}", None),
    ("Grafana", "glsa_", f"glsa_{A62}{{32}}_[0-9a-fA-F]{{8}}", None),
    ("Grafana", "glc_", "glc_[A-Za-z0-9+/]{32,400}={0,2}", cased),
    ("Grafana", "eyJrIjoi", f"eyJrIjoi{B64}{{40,400}}={{0,2}}", None),
    ("New Relic", "NRAK-", "NRAK-[A-Z0-9]{27}", None),
    ("New Relic", "NRJS- NRII- NRRA-", f"NR(?:JS|II|RA)-{Url}{{19,42}}", None),
    ("New Relic", "…NRAL", f"{HEX}{{32,36}}(?:FFFF)?NRAL", None),
    ("Dynatrace", "dt0", r"dt0[a-z]\d\d\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}", None),
    ("Honeycomb", "hcaik_ hcbik_ hcxik_ hcxlk_", "hc[abx][il]k_[a-z0-9]{50,60}", None),
    ("PostHog", "phx_ phs_", f"ph[xs]_{A62}{{40,60}}", None),
)
