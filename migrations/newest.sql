-- Written by `dev.py schema`. Revision 0025

CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE account (
	id BLOB NOT NULL, 
	issuer TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	display_name TEXT NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL, stays_out_since TIMESTAMP, 
	CONSTRAINT pk_account PRIMARY KEY (id), 
	CONSTRAINT account_issuer_subject_key UNIQUE (issuer, subject)
);

CREATE TABLE packages (
	id BLOB NOT NULL, 
	name TEXT NOT NULL, 
	search_name TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	description TEXT, 
	homepage TEXT, 
	repository TEXT, 
	last_fetch_attempt TIMESTAMP, 
	last_fetch_success TIMESTAMP, 
	deleted_at TIMESTAMP, 
	deleted_by BLOB, 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_packages PRIMARY KEY (id), 
	CONSTRAINT ck_packages_registry CHECK (registry IN ('npm', 'jsr', 'brew', 'apt', 'pypi')), 
	CONSTRAINT fk_packages_deleted_by FOREIGN KEY(deleted_by) REFERENCES account (id), 
	CONSTRAINT packages_name_registry_unique UNIQUE (name, registry)
);

CREATE INDEX idx_packages_created_at ON packages (created_at DESC);

CREATE INDEX idx_packages_deleted_at ON packages (updated_at DESC) WHERE deleted_at IS NULL;

CREATE INDEX idx_packages_last_fetch_attempt ON packages (last_fetch_attempt);

CREATE INDEX idx_packages_name ON packages (search_name, registry) WHERE deleted_at IS NULL;

CREATE INDEX idx_packages_registry ON packages (registry, search_name) WHERE deleted_at IS NULL;

CREATE TABLE tags (
	id BLOB NOT NULL, 
	name TEXT NOT NULL, 
	slug TEXT NOT NULL, 
	description TEXT, 
	color TEXT, 
	deleted_at TIMESTAMP, 
	deleted_by BLOB, 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_tags PRIMARY KEY (id), 
	CONSTRAINT fk_tags_deleted_by FOREIGN KEY(deleted_by) REFERENCES account (id), 
	CONSTRAINT tags_name_key UNIQUE (name), 
	CONSTRAINT tags_slug_key UNIQUE (slug)
);

CREATE INDEX idx_tags_deleted_at ON tags (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX idx_tags_name ON tags (name) WHERE deleted_at IS NULL;

CREATE INDEX idx_tags_slug ON tags (slug) WHERE deleted_at IS NULL;

CREATE TABLE package_dist_tags (
	id BLOB NOT NULL, 
	package_id BLOB NOT NULL, 
	tag TEXT NOT NULL, 
	version TEXT NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_package_dist_tags PRIMARY KEY (id), 
	CONSTRAINT fk_package_dist_tags_package_id FOREIGN KEY(package_id) REFERENCES packages (id) ON DELETE CASCADE, 
	CONSTRAINT package_dist_tags_package_id_tag_key UNIQUE (package_id, tag)
);

CREATE TABLE package_interactions (
	id BLOB NOT NULL, 
	package_id BLOB NOT NULL, 
	account_id BLOB, 
	kind TEXT NOT NULL, 
	day DATE NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_package_interactions PRIMARY KEY (id), 
	CONSTRAINT ck_package_interactions_kind CHECK (kind IN ('view', 'search', 'request', 'tag')), 
	CONSTRAINT fk_package_interactions_account_id FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE SET NULL, 
	CONSTRAINT fk_package_interactions_package_id FOREIGN KEY(package_id) REFERENCES packages (id) ON DELETE CASCADE, 
	CONSTRAINT package_interactions_package_id_account_id_kind_day_key UNIQUE (package_id, account_id, kind, day)
);

CREATE INDEX idx_package_interactions_account_id ON package_interactions (account_id);

CREATE TABLE package_tags (
	id BLOB NOT NULL, 
	package_id BLOB NOT NULL, 
	tag_id BLOB NOT NULL, 
	created_by BLOB NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_package_tags PRIMARY KEY (id), 
	CONSTRAINT fk_package_tags_created_by FOREIGN KEY(created_by) REFERENCES account (id) ON DELETE CASCADE, 
	CONSTRAINT fk_package_tags_package_id FOREIGN KEY(package_id) REFERENCES packages (id) ON DELETE CASCADE, 
	CONSTRAINT fk_package_tags_tag_id FOREIGN KEY(tag_id) REFERENCES tags (id) ON DELETE CASCADE, 
	CONSTRAINT package_tags_package_tag_unique UNIQUE (package_id, tag_id)
);

CREATE INDEX idx_package_tags_created_by ON package_tags (created_by);

CREATE INDEX idx_package_tags_package_id ON package_tags (package_id, created_at);

CREATE INDEX idx_package_tags_tag_id ON package_tags (tag_id, package_id);

CREATE TABLE package_dependencies (
	id BLOB NOT NULL, 
	package_id BLOB NOT NULL, 
	version_id BLOB NOT NULL, 
	dependency_registry TEXT NOT NULL, 
	dependency_name TEXT NOT NULL, 
	declared_name TEXT, 
	dependency_package_id BLOB, 
	dependency_version_range TEXT NOT NULL, 
	resolved_version TEXT NOT NULL, 
	resolved_version_id BLOB, 
	resolution_error TEXT, 
	dependency_type TEXT NOT NULL, 
	source_field TEXT NOT NULL, 
	is_optional BOOLEAN NOT NULL, 
	created_at TIMESTAMP NOT NULL, alternatives TEXT, 
	CONSTRAINT pk_package_dependencies PRIMARY KEY (id), 
	CONSTRAINT ck_package_dependencies_dependency_registry CHECK (dependency_registry IN ('npm', 'jsr', 'brew', 'apt', 'pypi')), 
	CONSTRAINT ck_package_dependencies_dependency_type CHECK (dependency_type IN ('runtime', 'dev', 'peer', 'optional')), 
	CONSTRAINT fk_package_dependencies_dependency_package_id FOREIGN KEY(dependency_package_id) REFERENCES packages (id) ON DELETE SET NULL, 
	CONSTRAINT fk_package_dependencies_package_id FOREIGN KEY(package_id) REFERENCES packages (id) ON DELETE CASCADE, 
	CONSTRAINT fk_package_dependencies_resolved_version_id FOREIGN KEY(resolved_version_id) REFERENCES package_versions (id) ON DELETE SET NULL, 
	CONSTRAINT fk_package_dependencies_version_id FOREIGN KEY(version_id) REFERENCES package_versions (id) ON DELETE CASCADE
);

CREATE INDEX idx_package_dependencies_dependency_name ON package_dependencies (dependency_name, dependency_registry) WHERE resolved_version_id IS NULL;

CREATE INDEX idx_package_dependencies_dependency_package_id ON package_dependencies (dependency_package_id, dependency_type);

CREATE INDEX idx_package_dependencies_name_resolved ON package_dependencies (dependency_name, dependency_registry, resolved_version);

CREATE TABLE registry_outages (
	id BLOB NOT NULL, 
	host TEXT NOT NULL, 
	machine TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	failures INTEGER NOT NULL, 
	retry_at TIMESTAMP NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_registry_outages PRIMARY KEY (id), 
	CONSTRAINT ck_registry_outages_registry CHECK (registry IN ('npm', 'jsr', 'brew', 'apt', 'pypi')), 
	CONSTRAINT registry_outages_host_machine_key UNIQUE (host, machine)
);

CREATE INDEX idx_package_dependencies_version_id ON package_dependencies (version_id, dependency_type, resolved_version_id, dependency_package_id, is_optional);

CREATE INDEX idx_package_dependencies_resolved_version_id ON package_dependencies (resolved_version_id, dependency_type, version_id, package_id, is_optional);

CREATE INDEX idx_packages_deleted ON packages (id) WHERE deleted_at IS NOT NULL;

CREATE INDEX idx_package_dependencies_declared_name ON package_dependencies (version_id, declared_name) WHERE declared_name IS NOT NULL;

CREATE TABLE package_search (
	id INTEGER NOT NULL, 
	package_id BLOB NOT NULL, 
	registry TEXT NOT NULL, 
	name TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	words TEXT NOT NULL, 
	about TEXT NOT NULL, 
	rank INTEGER NOT NULL, 
	dependents INTEGER NOT NULL, 
	uses INTEGER NOT NULL, 
	released_at TIMESTAMP NOT NULL, 
	is_deprecated BOOLEAN NOT NULL, 
	is_incomplete BOOLEAN NOT NULL, 
	is_failed BOOLEAN NOT NULL, optional_dependents INTEGER, peer_dependents INTEGER, suggested_dependents INTEGER, dev_dependents INTEGER, brings INTEGER, dependents_all INTEGER, licence TEXT, terms TEXT, unpacked_size BIGINT, severity INTEGER, advisories INTEGER, 
	CONSTRAINT pk_package_search PRIMARY KEY (id), 
	CONSTRAINT ck_package_search_registry CHECK (registry IN ('npm', 'jsr', 'brew', 'apt', 'pypi')), 
	CONSTRAINT fk_package_search_package_id FOREIGN KEY(package_id) REFERENCES packages (id) ON DELETE CASCADE, 
	CONSTRAINT package_search_package_id_key UNIQUE (package_id)
);

CREATE TABLE package_search_stale (
	id BLOB NOT NULL, 
	package_id BLOB NOT NULL, 
	CONSTRAINT pk_package_search_stale PRIMARY KEY (id)
);

CREATE TABLE saved_searches (
	id BLOB NOT NULL, 
	account_id BLOB NOT NULL, 
	name TEXT NOT NULL, 
	"query" TEXT NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_saved_searches PRIMARY KEY (id), 
	CONSTRAINT fk_saved_searches_account_id FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE CASCADE, 
	CONSTRAINT saved_searches_account_id_name_key UNIQUE (account_id, name)
);

CREATE INDEX idx_package_dependencies_package_id ON package_dependencies (package_id, dependency_name);

CREATE VIRTUAL TABLE package_search_text_words USING fts5(words, content='package_search', content_rowid='id', tokenize='trigram');

CREATE TRIGGER package_search_text_words_added AFTER INSERT ON package_search BEGIN INSERT INTO package_search_text_words (rowid, words) VALUES (new.id, new.words); END;

CREATE TRIGGER package_search_text_words_changed AFTER UPDATE OF words ON package_search WHEN old.words <> new.words BEGIN INSERT INTO package_search_text_words (package_search_text_words, rowid, words) VALUES ('delete', old.id, old.words); INSERT INTO package_search_text_words (rowid, words) VALUES (new.id, new.words); END;

CREATE TRIGGER package_search_text_words_gone AFTER DELETE ON package_search BEGIN INSERT INTO package_search_text_words (package_search_text_words, rowid, words) VALUES ('delete', old.id, old.words); END;

CREATE VIRTUAL TABLE package_search_text_about USING fts5(about, content='package_search', content_rowid='id', tokenize='trigram');

CREATE TRIGGER package_search_text_about_added AFTER INSERT ON package_search BEGIN INSERT INTO package_search_text_about (rowid, about) VALUES (new.id, new.about); END;

CREATE TRIGGER package_search_text_about_changed AFTER UPDATE OF about ON package_search WHEN old.about <> new.about BEGIN INSERT INTO package_search_text_about (package_search_text_about, rowid, about) VALUES ('delete', old.id, old.about); INSERT INTO package_search_text_about (rowid, about) VALUES (new.id, new.about); END;

CREATE TRIGGER package_search_text_about_gone AFTER DELETE ON package_search BEGIN INSERT INTO package_search_text_about (package_search_text_about, rowid, about) VALUES ('delete', old.id, old.about); END;

CREATE TRIGGER packages_search_added AFTER INSERT ON packages WHEN new.deleted_at IS NULL BEGIN INSERT INTO package_search (id, package_id, registry, name, key, words, about, rank, dependents, uses, released_at, is_deprecated, is_incomplete, is_failed) SELECT NULL, new.id, new.registry, new.search_name, coalesce(nullif(replace(replace(replace(new.search_name, '-', ''), '_', ''), '.', ''), ''), new.search_name), '  ' || replace(replace(replace(replace(replace(new.search_name, '-', '  '), '_', '  '), '.', '  '), '/', '  '), '@', '  ') || '  ' || coalesce(nullif(replace(replace(replace(new.search_name, '-', ''), '_', ''), '.', ''), ''), new.search_name), '', 0, 0, 0, '1970-01-01 00:00:00.000000', false, false, false; INSERT INTO package_search_stale (id, package_id) VALUES (randomblob(16), new.id); END;

CREATE TRIGGER packages_search_deleted AFTER UPDATE OF deleted_at ON packages WHEN new.deleted_at IS NOT NULL BEGIN DELETE FROM package_search WHERE package_id = new.id; END;

CREATE TRIGGER packages_search_restored AFTER UPDATE OF deleted_at ON packages WHEN old.deleted_at IS NOT NULL AND new.deleted_at IS NULL BEGIN INSERT INTO package_search (id, package_id, registry, name, key, words, about, rank, dependents, uses, released_at, is_deprecated, is_incomplete, is_failed) SELECT NULL, new.id, new.registry, new.search_name, coalesce(nullif(replace(replace(replace(new.search_name, '-', ''), '_', ''), '.', ''), ''), new.search_name), '  ' || replace(replace(replace(replace(replace(new.search_name, '-', '  '), '_', '  '), '.', '  '), '/', '  '), '@', '  ') || '  ' || coalesce(nullif(replace(replace(replace(new.search_name, '-', ''), '_', ''), '.', ''), ''), new.search_name), '', 0, 0, 0, '1970-01-01 00:00:00.000000', false, false, false; INSERT INTO package_search_stale (id, package_id) VALUES (randomblob(16), new.id); END;

CREATE INDEX idx_package_search_name ON package_search (name, id);

CREATE INDEX idx_package_search_dependents ON package_search (dependents DESC, name, id);

CREATE INDEX idx_package_search_uses ON package_search (uses DESC, name, id);

CREATE INDEX idx_package_search_released ON package_search (released_at DESC, name, id);

CREATE INDEX idx_package_search_deprecated ON package_search (rank DESC, name, id) WHERE is_deprecated;

CREATE INDEX idx_package_search_incomplete ON package_search (rank DESC, name, id) WHERE is_incomplete;

CREATE INDEX idx_package_search_failed ON package_search (rank DESC, name, id) WHERE is_failed;

CREATE TABLE cross_registry_links (
	id BLOB NOT NULL, 
	package_id BLOB NOT NULL, 
	software TEXT NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_cross_registry_links PRIMARY KEY (id), 
	CONSTRAINT fk_cross_registry_links_package_id FOREIGN KEY(package_id) REFERENCES packages (id) ON DELETE CASCADE, 
	CONSTRAINT cross_registry_links_package_id_software_key UNIQUE (package_id, software)
);

CREATE INDEX idx_cross_registry_links_software ON cross_registry_links (software, package_id);

CREATE TABLE registry_imports (
	id BLOB NOT NULL, 
	registry TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	package_count INTEGER NOT NULL, 
	version_count INTEGER NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_registry_imports PRIMARY KEY (id), 
	CONSTRAINT ck_registry_imports_registry CHECK (registry IN ('npm', 'jsr', 'brew', 'apt', 'pypi')), 
	CONSTRAINT registry_imports_registry_key UNIQUE (registry)
);

CREATE INDEX idx_package_search_rank ON package_search (rank DESC, name, id, "key");

CREATE INDEX idx_package_search_registry ON package_search (registry, rank DESC, name, id, "key");

CREATE INDEX idx_package_search_key ON package_search ("key", rank DESC, name, id);

CREATE INDEX idx_package_search_scoped ON package_search (substr(key, instr(key, '/')), rank DESC, name, id) WHERE instr(key, '/') > 0;

CREATE INDEX idx_package_dependencies_alternatives ON package_dependencies (version_id) WHERE alternatives IS NOT NULL;

CREATE INDEX idx_package_dependencies_name_type ON package_dependencies (dependency_name, dependency_type, dependency_registry, package_id, is_optional);

CREATE TABLE package_request_chains (
	id BLOB NOT NULL, 
	requested_by BLOB, 
	charges INTEGER NOT NULL, 
	charged_at TIMESTAMP, 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	cancelled_at TIMESTAMP, 
	settled_at TIMESTAMP, left_out INTEGER, 
	CONSTRAINT pk_package_request_chains PRIMARY KEY (id), 
	CONSTRAINT fk_package_request_chains_requested_by FOREIGN KEY(requested_by) REFERENCES account (id) ON DELETE SET NULL
);

CREATE INDEX idx_package_request_chains_requested_by ON package_request_chains (requested_by, id);

CREATE INDEX idx_package_request_chains_charged ON package_request_chains (requested_by, charged_at);

CREATE INDEX idx_package_request_chains_unsettled ON package_request_chains (id) WHERE settled_at IS NULL AND cancelled_at IS NULL;

CREATE TABLE package_request_members (
	id BLOB NOT NULL, 
	chain_id BLOB NOT NULL, 
	request_id BLOB NOT NULL, 
	is_root BOOLEAN NOT NULL, 
	cancelled_at TIMESTAMP, 
	created_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_package_request_members PRIMARY KEY (id), 
	CONSTRAINT fk_package_request_members_chain_id FOREIGN KEY(chain_id) REFERENCES package_request_chains (id) ON DELETE CASCADE, 
	CONSTRAINT fk_package_request_members_request_id FOREIGN KEY(request_id) REFERENCES package_requests (id) ON DELETE CASCADE, 
	CONSTRAINT package_request_members_chain_id_request_id_key UNIQUE (chain_id, request_id)
);

CREATE INDEX idx_package_request_members_request_id ON package_request_members (request_id, chain_id);

CREATE TABLE worker_signs (
	id BLOB NOT NULL, 
	worker TEXT NOT NULL, 
	looked_at TIMESTAMP NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_worker_signs PRIMARY KEY (id), 
	CONSTRAINT worker_signs_worker_key UNIQUE (worker)
);

CREATE TABLE "package_requests" (
	id BLOB NOT NULL, 
	package_name TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	requested_by BLOB, 
	source_request_id BLOB, 
	depth INTEGER NOT NULL, 
	is_auto_queued BOOLEAN NOT NULL, 
	priority INTEGER NOT NULL, 
	status TEXT NOT NULL, 
	is_forced BOOLEAN NOT NULL, 
	error_code TEXT, 
	error_message TEXT, 
	package_id BLOB, 
	attempt_count INTEGER NOT NULL, 
	alone_count INTEGER, 
	retry_after TIMESTAMP, 
	lease_token BLOB, 
	lease_expires_at TIMESTAMP, 
	locked_by TEXT, 
	stage TEXT, 
	stage_done BIGINT, 
	stage_total BIGINT, 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_package_requests PRIMARY KEY (id), 
	CONSTRAINT ck_package_requests_registry CHECK (registry IN ('npm', 'jsr', 'brew', 'apt', 'pypi')), 
	CONSTRAINT ck_package_requests_status CHECK (status IN ('pending', 'fetching', 'completed', 'failed', 'cancelled')), 
	CONSTRAINT fk_package_requests_package_id FOREIGN KEY(package_id) REFERENCES packages (id) ON DELETE SET NULL, 
	CONSTRAINT fk_package_requests_requested_by FOREIGN KEY(requested_by) REFERENCES account (id) ON DELETE SET NULL, 
	CONSTRAINT fk_package_requests_source_request_id FOREIGN KEY(source_request_id) REFERENCES package_requests (id) ON DELETE SET NULL
);

CREATE INDEX idx_package_requests_claim ON package_requests (registry, priority, id) WHERE status = 'pending' AND retry_after IS NULL;

CREATE INDEX idx_package_requests_retry ON package_requests (registry, retry_after) WHERE status = 'pending' AND retry_after IS NOT NULL;

CREATE INDEX idx_package_requests_lease ON package_requests (lease_expires_at) WHERE status = 'fetching';

CREATE INDEX idx_package_requests_is_auto_queued ON package_requests (is_auto_queued, status);

CREATE INDEX idx_package_requests_package ON package_requests (package_name, registry, id);

CREATE INDEX idx_package_requests_requested_by_created ON package_requests (requested_by, created_at DESC);

CREATE INDEX idx_package_requests_source_request_id ON package_requests (source_request_id);

CREATE INDEX idx_package_requests_status_created ON package_requests (status, created_at) WHERE status IN ('pending', 'fetching');

CREATE UNIQUE INDEX idx_package_requests_unique_pending ON package_requests (package_name, registry) WHERE status IN ('pending', 'fetching');

CREATE TABLE "package_versions" (
	id BLOB NOT NULL, 
	package_id BLOB NOT NULL, 
	version TEXT NOT NULL, 
	sort_key TEXT NOT NULL, 
	is_prerelease BOOLEAN NOT NULL, 
	is_yanked BOOLEAN NOT NULL, 
	yank_message TEXT, 
	published_at TIMESTAMP, 
	dependencies_wanted_at TIMESTAMP, 
	dependencies_fetched_at TIMESTAMP, 
	created_at TIMESTAMP NOT NULL, fingerprint BLOB, conflicts TEXT, 
	CONSTRAINT pk_package_versions PRIMARY KEY (id), 
	CONSTRAINT fk_package_versions_package_id FOREIGN KEY(package_id) REFERENCES packages (id) ON DELETE CASCADE, 
	CONSTRAINT package_versions_package_version_unique UNIQUE (package_id, version)
);

CREATE INDEX idx_package_versions_package_id ON package_versions (package_id, sort_key);

CREATE INDEX idx_package_versions_published_at ON package_versions (package_id, published_at, sort_key);

CREATE INDEX idx_package_search_heaviest ON package_search (coalesce(brings, -1) DESC, name, id);

CREATE INDEX idx_package_search_dependents_all ON package_search (coalesce(dependents_all, -1) DESC, name, id);

CREATE TABLE insight_results (
	id BLOB NOT NULL, 
	insight TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	period TEXT NOT NULL, 
	rank INTEGER NOT NULL, 
	package_id BLOB, 
	account_id BLOB, 
	name TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	value DOUBLE NOT NULL, 
	details TEXT NOT NULL, 
	CONSTRAINT pk_insight_results PRIMARY KEY (id), 
	CONSTRAINT fk_insight_results_package_id FOREIGN KEY(package_id) REFERENCES packages (id) ON DELETE CASCADE, 
	CONSTRAINT fk_insight_results_account_id FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE CASCADE, 
	CONSTRAINT insight_results_insight_registry_period_rank_key UNIQUE (insight, registry, period, rank)
);

CREATE INDEX idx_insight_results_package_id ON insight_results (package_id);

CREATE INDEX idx_insight_results_account_id ON insight_results (account_id);

CREATE TABLE insight_refreshes (
	id BLOB NOT NULL, 
	day DATE NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_insight_refreshes PRIMARY KEY (id), 
	CONSTRAINT insight_refreshes_day_key UNIQUE (day)
);

CREATE TABLE package_measures (
	id BLOB NOT NULL, 
	package_id BLOB NOT NULL, 
	day DATE NOT NULL, 
	packages INTEGER NOT NULL, 
	depth INTEGER NOT NULL, 
	dependents INTEGER NOT NULL, 
	dependents_all INTEGER NOT NULL, 
	CONSTRAINT pk_package_measures PRIMARY KEY (id), 
	CONSTRAINT fk_package_measures_package_id FOREIGN KEY(package_id) REFERENCES packages (id) ON DELETE CASCADE, 
	CONSTRAINT package_measures_package_id_day_key UNIQUE (package_id, day)
);

CREATE TABLE package_use_weeks (
	id BLOB NOT NULL, 
	package_id BLOB NOT NULL, 
	week DATE NOT NULL, 
	uses INTEGER NOT NULL, 
	CONSTRAINT pk_package_use_weeks PRIMARY KEY (id), 
	CONSTRAINT fk_package_use_weeks_package_id FOREIGN KEY(package_id) REFERENCES packages (id) ON DELETE CASCADE, 
	CONSTRAINT package_use_weeks_package_id_week_key UNIQUE (package_id, week)
);

CREATE TABLE package_facts (
	id BLOB NOT NULL, 
	licence TEXT, 
	expression TEXT, 
	licence_kind TEXT NOT NULL, 
	download_size BIGINT, 
	unpacked_size BIGINT, 
	file_count INTEGER, 
	measured_size BIGINT, 
	measured_files INTEGER, 
	details TEXT NOT NULL, 
	digest BLOB NOT NULL, 
	CONSTRAINT pk_package_facts PRIMARY KEY (id), 
	CONSTRAINT ck_package_facts_licence_kind CHECK (licence_kind IN ('permissive', 'weak', 'strong', 'restricted', 'unknown')), 
	CONSTRAINT fk_package_facts_id FOREIGN KEY(id) REFERENCES package_versions (id) ON DELETE CASCADE
);

CREATE TABLE search_licences (
	id BLOB NOT NULL, 
	licence TEXT NOT NULL, 
	CONSTRAINT pk_search_licences PRIMARY KEY (id)
);

CREATE INDEX idx_package_search_size ON package_search (coalesce(unpacked_size, -1) DESC, name, id);

CREATE INDEX idx_package_search_licence ON package_search (coalesce(licence, ' unknown '), id);

CREATE VIRTUAL TABLE package_search_text_terms USING fts5(terms, content='package_search', content_rowid='id', detail='none', columnsize=0, tokenize='unicode61 remove_diacritics 0 categories ''L* M* N* P* S* C*''');

CREATE TRIGGER package_search_text_terms_added AFTER INSERT ON package_search BEGIN INSERT INTO package_search_text_terms (rowid, terms) VALUES (new.id, new.terms); END;

CREATE TRIGGER package_search_text_terms_changed AFTER UPDATE OF terms ON package_search WHEN old.terms IS NOT new.terms BEGIN INSERT INTO package_search_text_terms (package_search_text_terms, rowid, terms) VALUES ('delete', old.id, old.terms); INSERT INTO package_search_text_terms (rowid, terms) VALUES (new.id, new.terms); END;

CREATE TRIGGER package_search_text_terms_gone AFTER DELETE ON package_search BEGIN INSERT INTO package_search_text_terms (package_search_text_terms, rowid, terms) VALUES ('delete', old.id, old.terms); END;

CREATE TABLE package_watches (
	id BLOB NOT NULL, 
	account_id BLOB NOT NULL, 
	package_id BLOB NOT NULL, 
	news TEXT, 
	news_at TIMESTAMP, 
	created_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_package_watches PRIMARY KEY (id), 
	CONSTRAINT fk_package_watches_account_id FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE CASCADE, 
	CONSTRAINT fk_package_watches_package_id FOREIGN KEY(package_id) REFERENCES packages (id) ON DELETE CASCADE, 
	CONSTRAINT package_watches_account_id_package_id_key UNIQUE (account_id, package_id)
);

CREATE INDEX idx_package_watches_package_id ON package_watches (package_id);

CREATE INDEX idx_package_watches_news ON package_watches (account_id, news_at DESC) WHERE news_at IS NOT NULL;

CREATE TABLE package_comparisons (
	id BLOB NOT NULL, 
	account_id BLOB NOT NULL, 
	name TEXT NOT NULL, 
	packages TEXT NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_package_comparisons PRIMARY KEY (id), 
	CONSTRAINT fk_package_comparisons_account_id FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE CASCADE, 
	CONSTRAINT package_comparisons_account_id_name_key UNIQUE (account_id, name)
);

CREATE TABLE package_environments (
	id BLOB NOT NULL, 
	version_id BLOB NOT NULL, 
	extras TEXT NOT NULL, 
	context TEXT NOT NULL, 
	error TEXT, 
	notes TEXT, 
	created_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_package_environments PRIMARY KEY (id), 
	CONSTRAINT fk_package_environments_version_id FOREIGN KEY(version_id) REFERENCES package_versions (id) ON DELETE CASCADE, 
	CONSTRAINT package_environments_version_id_extras_key UNIQUE (version_id, extras)
);

CREATE TABLE package_environment_members (
	id BLOB NOT NULL, 
	environment_id BLOB NOT NULL, 
	package_name TEXT NOT NULL, 
	version TEXT NOT NULL, 
	extras TEXT NOT NULL, 
	CONSTRAINT pk_package_environment_members PRIMARY KEY (id), 
	CONSTRAINT fk_package_environment_members_environment_id FOREIGN KEY(environment_id) REFERENCES package_environments (id) ON DELETE CASCADE, 
	CONSTRAINT package_environment_members_environment_id_package_name_key UNIQUE (environment_id, package_name)
);

CREATE INDEX idx_package_environment_members_package_name ON package_environment_members (package_name, version);

CREATE TABLE advisories (
	id BLOB NOT NULL, 
	name TEXT NOT NULL, 
	source TEXT NOT NULL, 
	digest BLOB NOT NULL, 
	severity INTEGER NOT NULL, 
	score DOUBLE, 
	vector TEXT, 
	is_malware BOOLEAN NOT NULL, 
	summary TEXT, 
	details TEXT, 
	links TEXT NOT NULL, 
	modified_at TIMESTAMP NOT NULL, 
	published_at TIMESTAMP, 
	withdrawn_at TIMESTAMP, 
	created_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_advisories PRIMARY KEY (id), 
	CONSTRAINT advisories_name_key UNIQUE (name)
);

CREATE TABLE advisory_aliases (
	id BLOB NOT NULL, 
	advisory_id BLOB NOT NULL, 
	name TEXT NOT NULL, 
	CONSTRAINT pk_advisory_aliases PRIMARY KEY (id), 
	CONSTRAINT fk_advisory_aliases_advisory_id FOREIGN KEY(advisory_id) REFERENCES advisories (id) ON DELETE CASCADE
);

CREATE TABLE advisory_packages (
	id BLOB NOT NULL, 
	advisory_id BLOB NOT NULL, 
	ecosystem TEXT NOT NULL, 
	name TEXT NOT NULL, 
	versions TEXT, 
	CONSTRAINT pk_advisory_packages PRIMARY KEY (id), 
	CONSTRAINT fk_advisory_packages_advisory_id FOREIGN KEY(advisory_id) REFERENCES advisories (id) ON DELETE CASCADE
);

CREATE TABLE advisory_ranges (
	id BLOB NOT NULL, 
	affected_id BLOB NOT NULL, 
	type TEXT NOT NULL, 
	events TEXT NOT NULL, 
	CONSTRAINT pk_advisory_ranges PRIMARY KEY (id), 
	CONSTRAINT fk_advisory_ranges_affected_id FOREIGN KEY(affected_id) REFERENCES advisory_packages (id) ON DELETE CASCADE
);

CREATE TABLE advisory_findings (
	id BLOB NOT NULL, 
	package_id BLOB NOT NULL, 
	version_id BLOB NOT NULL, 
	advisory_id BLOB NOT NULL, 
	flaw TEXT NOT NULL, 
	severity INTEGER NOT NULL, 
	CONSTRAINT pk_advisory_findings PRIMARY KEY (id), 
	CONSTRAINT fk_advisory_findings_package_id FOREIGN KEY(package_id) REFERENCES packages (id) ON DELETE CASCADE, 
	CONSTRAINT fk_advisory_findings_version_id FOREIGN KEY(version_id) REFERENCES package_versions (id) ON DELETE CASCADE, 
	CONSTRAINT fk_advisory_findings_advisory_id FOREIGN KEY(advisory_id) REFERENCES advisories (id) ON DELETE CASCADE, 
	CONSTRAINT advisory_findings_version_id_advisory_id_key UNIQUE (version_id, advisory_id)
);

CREATE TABLE advisory_sources (
	id BLOB NOT NULL, 
	source TEXT NOT NULL, 
	ecosystem TEXT NOT NULL, 
	records INTEGER NOT NULL, 
	as_of TIMESTAMP, 
	tried_at TIMESTAMP NOT NULL, 
	problem TEXT, 
	CONSTRAINT pk_advisory_sources PRIMARY KEY (id), 
	CONSTRAINT advisory_sources_source_ecosystem_key UNIQUE (source, ecosystem)
);

CREATE TABLE advisory_checks (
	id BLOB NOT NULL, 
	package_id BLOB NOT NULL, 
	source TEXT NOT NULL, 
	as_of TIMESTAMP NOT NULL, versions TEXT, 
	CONSTRAINT pk_advisory_checks PRIMARY KEY (id), 
	CONSTRAINT fk_advisory_checks_package_id FOREIGN KEY(package_id) REFERENCES packages (id) ON DELETE CASCADE, 
	CONSTRAINT advisory_checks_package_id_source_key UNIQUE (package_id, source)
);

CREATE INDEX idx_advisory_aliases_name ON advisory_aliases (name);

CREATE INDEX idx_advisory_aliases_advisory_id ON advisory_aliases (advisory_id);

CREATE INDEX idx_advisory_packages_name ON advisory_packages (name, ecosystem);

CREATE INDEX idx_advisory_packages_advisory_id ON advisory_packages (advisory_id);

CREATE INDEX idx_advisory_ranges_affected_id ON advisory_ranges (affected_id);

CREATE INDEX idx_advisory_findings_package_id ON advisory_findings (package_id);

CREATE INDEX idx_advisory_findings_advisory_id ON advisory_findings (advisory_id, version_id);

CREATE INDEX idx_advisory_findings_flaw ON advisory_findings (flaw, version_id);

CREATE INDEX idx_package_search_vulnerable ON package_search (rank DESC, name, id) WHERE severity IS NOT NULL;

CREATE TABLE projects (
	id BLOB NOT NULL, 
	account_id BLOB NOT NULL, 
	name TEXT NOT NULL, 
	files TEXT NOT NULL, 
	problems TEXT NOT NULL, 
	digest TEXT, 
	read_at TIMESTAMP, 
	shared_at TIMESTAMP, 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_projects PRIMARY KEY (id), 
	CONSTRAINT fk_projects_account_id FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE CASCADE, 
	CONSTRAINT projects_account_id_name_key UNIQUE (account_id, name)
);

CREATE TABLE project_packages (
	id BLOB NOT NULL, 
	project_id BLOB NOT NULL, 
	position INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	name TEXT NOT NULL, 
	version TEXT, 
	source TEXT NOT NULL, 
	folder TEXT, 
	licence TEXT, 
	deprecated TEXT, 
	CONSTRAINT pk_project_packages PRIMARY KEY (id), 
	CONSTRAINT ck_project_packages_source CHECK (source IN ('registry', 'workspace', 'folder', 'archive', 'git', 'url')), 
	CONSTRAINT fk_project_packages_project_id FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);

CREATE TABLE project_dependencies (
	id BLOB NOT NULL, 
	project_id BLOB NOT NULL, 
	position INTEGER NOT NULL, 
	workspace TEXT NOT NULL, 
	path TEXT NOT NULL, 
	line INTEGER NOT NULL, 
	registry TEXT NOT NULL, 
	name TEXT NOT NULL, 
	declared_name TEXT, 
	version_range TEXT NOT NULL, 
	dependency_type TEXT NOT NULL, 
	source_field TEXT NOT NULL, 
	source TEXT NOT NULL, 
	condition TEXT, 
	locked_id BLOB, 
	CONSTRAINT pk_project_dependencies PRIMARY KEY (id), 
	CONSTRAINT ck_project_dependencies_source CHECK (source IN ('registry', 'workspace', 'folder', 'archive', 'git', 'url')), 
	CONSTRAINT ck_project_dependencies_dependency_type CHECK (dependency_type IN ('runtime', 'dev', 'peer', 'optional')), 
	CONSTRAINT fk_project_dependencies_project_id FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE, 
	CONSTRAINT fk_project_dependencies_locked_id FOREIGN KEY(locked_id) REFERENCES project_packages (id) ON DELETE SET NULL
);

CREATE TABLE project_edges (
	id BLOB NOT NULL, 
	project_id BLOB NOT NULL, 
	dependent_id BLOB NOT NULL, 
	dependency_id BLOB NOT NULL, 
	version_range TEXT NOT NULL, 
	dependency_type TEXT NOT NULL, 
	declared_name TEXT, 
	CONSTRAINT pk_project_edges PRIMARY KEY (id), 
	CONSTRAINT ck_project_edges_dependency_type CHECK (dependency_type IN ('runtime', 'dev', 'peer', 'optional')), 
	CONSTRAINT fk_project_edges_project_id FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE, 
	CONSTRAINT fk_project_edges_dependent_id FOREIGN KEY(dependent_id) REFERENCES project_packages (id) ON DELETE CASCADE, 
	CONSTRAINT fk_project_edges_dependency_id FOREIGN KEY(dependency_id) REFERENCES project_packages (id) ON DELETE CASCADE
);

CREATE INDEX idx_project_packages_project_id ON project_packages (project_id);

CREATE INDEX idx_project_dependencies_project_id ON project_dependencies (project_id);

CREATE INDEX idx_project_edges_project_id ON project_edges (project_id);

CREATE INDEX idx_project_packages_name ON project_packages (name, registry, version);

CREATE INDEX idx_project_dependencies_locked_id ON project_dependencies (locked_id);

CREATE INDEX idx_project_edges_dependent_id ON project_edges (dependent_id);

CREATE INDEX idx_project_edges_dependency_id ON project_edges (dependency_id);

CREATE TABLE catalogue_settings (
	id BLOB NOT NULL, 
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	CONSTRAINT pk_catalogue_settings PRIMARY KEY (id), 
	CONSTRAINT catalogue_settings_name_key UNIQUE (name)
);

CREATE INDEX idx_advisory_findings_malware ON advisory_findings (version_id) WHERE severity = 5;

INSERT INTO alembic_version (version_num) VALUES ('0025');
