-- Whom a call about a person's records is for: a restricted login's own account, or anyone's for an admin.
CREATE FUNCTION tgtui_about(p_account uuid) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF tgtui_may('tgtui_admin') THEN
        RETURN p_account;
    END IF;
    RETURN tgtui_acting_for(p_account);
END $$;

-- Appear in the insights about people from the next refresh on, or leave them at once.
CREATE FUNCTION tgtui_take_part(p_account uuid, p_takes_part boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tgtui_about(p_account);
    IF p_takes_part THEN
        UPDATE account SET stays_out_since = NULL WHERE id = p_account;
    ELSE
        UPDATE account SET stays_out_since = tgtui_now() WHERE id = p_account AND stays_out_since IS NULL;
        DELETE FROM insight_results WHERE account_id = p_account;
    END IF;
END $$;

-- Delete what is recorded of a person for the insights; how many interactions that were.
CREATE FUNCTION tgtui_forget(p_account uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_deleted integer;
BEGIN
    PERFORM tgtui_about(p_account);
    WITH deleted AS (
        DELETE FROM package_interactions WHERE account_id = p_account RETURNING package_id
    ), touched AS (
        INSERT INTO package_search_stale (id, package_id)
        SELECT tgtui_uuid7(), package_id FROM (SELECT DISTINCT package_id FROM deleted) AS each
    )
    SELECT count(*) INTO v_deleted FROM deleted;
    DELETE FROM insight_results WHERE account_id = p_account;
    RETURN v_deleted;
END $$;
