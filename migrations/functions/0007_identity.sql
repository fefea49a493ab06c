-- Who calls: a login is restricted where the tables have row-level security and it does not own them. It acts for the
-- account of its own name, is held to `tgtui_limits`, and times are the database's: a program's clock may be wrong.

CREATE FUNCTION tgtui_now() RETURNS timestamp LANGUAGE sql VOLATILE AS
$$ SELECT timezone('utc', clock_timestamp()) $$;

-- UUIDv7 with a fraction of the millisecond (RFC 9562, section 6.2, method 3): it sorts among those of programs.
CREATE FUNCTION tgtui_uuid7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT (lpad(to_hex(ticks >> 12), 12, '0') || '7' || lpad(to_hex(ticks & 4095), 3, '0')
            || substring(replace(gen_random_uuid()::text, '-', '') FROM 17))::uuid
    FROM (SELECT floor(extract(epoch FROM clock_timestamp()) * 4096000)::bigint AS ticks) AS time
$$;

CREATE FUNCTION tgtui_is_restricted() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT relrowsecurity AND NOT pg_has_role(session_user, relowner, 'USAGE')
    FROM pg_class WHERE oid = 'package_requests'::regclass
$$;

CREATE FUNCTION tgtui_may(p_group text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT tgtui_is_restricted() OR EXISTS (
        SELECT FROM pg_roles WHERE rolname = p_group AND pg_has_role(session_user, oid, 'USAGE'))
$$;

CREATE FUNCTION tgtui_require(p_group text) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT tgtui_may(p_group) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'this needs the role ' || p_group;
    END IF;
END $$;

-- Requests an hour of one account, and how long what a registry refused is not asked for; NULL for no such limit.
CREATE FUNCTION tgtui_limits(OUT per_hour integer, OUT cooldown interval) LANGUAGE sql STABLE AS
$$ SELECT NULL::integer, NULL::interval $$;

-- The account of the login; NULL where it has none yet.
CREATE FUNCTION tgtui_me() RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT id FROM account WHERE issuer = 'postgresql' AND subject = session_user
$$;

-- What the login asked for or follows: what belongs to these chains, it may see.
CREATE FUNCTION tgtui_my_requests() RETURNS SETOF uuid LANGUAGE sql STABLE ROWS 100 AS $$
    SELECT id FROM package_requests WHERE requested_by = tgtui_me()
    UNION ALL
    SELECT request_id FROM package_request_watchers WHERE account_id = tgtui_me()
$$;

-- The account of a person, made if they have none yet.
CREATE FUNCTION tgtui_sign_in(p_issuer text, p_subject text, p_display_name text) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid;
BEGIN
    PERFORM tgtui_require('tgtui_member');
    IF tgtui_is_restricted() AND (p_issuer, p_subject) IS DISTINCT FROM ('postgresql', session_user::text) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'this login has an account of its own and no other';
    END IF;
    SELECT id INTO v_id FROM account WHERE issuer = p_issuer AND subject = p_subject;
    IF v_id IS NULL THEN
        INSERT INTO account (id, issuer, subject, display_name, created_at, updated_at)
        VALUES (tgtui_uuid7(), p_issuer, p_subject,
                CASE WHEN tgtui_is_restricted() THEN session_user::text ELSE p_display_name END,
                tgtui_now(), tgtui_now())
        ON CONFLICT DO NOTHING;
        SELECT id INTO v_id FROM account WHERE issuer = p_issuer AND subject = p_subject;
    END IF;
    RETURN v_id;
END $$;

-- Whom a call is for: a restricted login, for itself only.
CREATE FUNCTION tgtui_acting_for(p_account uuid) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT tgtui_is_restricted() THEN
        RETURN p_account;
    END IF;
    PERFORM tgtui_require('tgtui_member');
    IF tgtui_me() IS NULL OR p_account IS DISTINCT FROM tgtui_me() THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'this login acts for its own account only';
    END IF;
    RETURN p_account;
END $$;

-- One of an account's own requests: asked for or followed, or of the chain of such a one.
CREATE FUNCTION tgtui_is_visible_to(p_request uuid, p_account uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM package_requests AS request
        WHERE request.id = p_request AND (
            request.requested_by = p_account
            OR EXISTS (SELECT FROM package_requests AS root
                       WHERE root.id = request.root_request_id AND root.requested_by = p_account)
            OR EXISTS (SELECT FROM package_request_watchers AS watcher
                       WHERE watcher.request_id IN (request.id, request.root_request_id)
                         AND watcher.account_id = p_account)))
$$;

-- Interactions of an account, those that are new today; how many. Packages that are gone are left out.
CREATE FUNCTION tgtui_record(p_packages uuid[], p_accounts uuid[], p_kinds text[], p_days date[])
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_recorded integer;
BEGIN
    PERFORM tgtui_require('tgtui_member');
    IF tgtui_is_restricted() AND EXISTS (
        SELECT FROM unnest(p_accounts, p_days) AS noted (account, day)
        WHERE account IS DISTINCT FROM tgtui_me()
           OR day IS NULL OR abs(day - tgtui_now()::date) > 1) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'this login records what it did itself, and when it did it';
    END IF;
    WITH recorded AS (
        INSERT INTO package_interactions (id, package_id, account_id, kind, day, created_at)
        SELECT tgtui_uuid7(), noted.package, noted.account, noted.kind, noted.day, tgtui_now()
        FROM unnest(p_packages, p_accounts, p_kinds, p_days) AS noted (package, account, kind, day)
        JOIN packages ON packages.id = noted.package
        ON CONFLICT DO NOTHING
        RETURNING package_id
    ), touched AS (
        INSERT INTO package_search_stale (id, package_id)
        SELECT tgtui_uuid7(), package_id FROM (SELECT DISTINCT package_id FROM recorded) AS each
    )
    SELECT count(*) INTO v_recorded FROM recorded;
    RETURN v_recorded;
END $$;

-- Who takes away or gives is who it says: of packages and tags that are deleted, and of tags that are given.
CREATE FUNCTION tgtui_deleted_by() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tgtui_is_restricted() AND (new.deleted_by = tgtui_me()) IS NOT TRUE
       AND (TG_OP = 'INSERT'
            OR (new.deleted_at, new.deleted_by) IS DISTINCT FROM (old.deleted_at, old.deleted_by)) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'deleted_by must be the account of this login';
    END IF;
    RETURN new;
END $$;

CREATE FUNCTION tgtui_created_by() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tgtui_is_restricted() AND new.created_by IS DISTINCT FROM tgtui_me() THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'created_by must be the account of this login';
    END IF;
    RETURN new;
END $$;

CREATE TRIGGER packages_deleted_by BEFORE INSERT OR UPDATE OF deleted_at, deleted_by ON packages
FOR EACH ROW WHEN (new.deleted_at IS NOT NULL) EXECUTE FUNCTION tgtui_deleted_by();
CREATE TRIGGER tags_deleted_by BEFORE INSERT OR UPDATE OF deleted_at, deleted_by ON tags
FOR EACH ROW WHEN (new.deleted_at IS NOT NULL) EXECUTE FUNCTION tgtui_deleted_by();
CREATE TRIGGER package_tags_created_by BEFORE INSERT ON package_tags
FOR EACH ROW EXECUTE FUNCTION tgtui_created_by();
