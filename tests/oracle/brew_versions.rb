# Asks brew's own Version and PkgVersion to compare versions, and records the answers for tests/versions/test_homebrew.py:
#   ruby tests/oracle/brew_versions.rb FOLDER_OF_A_CHECKOUT_OF_HOMEBREW_BREW < versions.txt | gzip > tests/recordings/brew_versions.json.gz
# One version a line. The output has the versions, and of each a text with its comparison to every version: < = > or ?.

require "forwardable"
require "json"

# Signatures are checked by brew, not here.
module T
  def self.any(*) = nil
  def self.let(value, *) = value
  def self.cast(value, *) = value
  def self.must(value) = value
  def self.nilable(*) = nil
  def self.untyped = nil
  def self.self_type = nil
  def self.anything = nil

  Boolean = nil
  Array = Class.new { def self.[](*) = nil }
  module Helpers
    def abstract! = nil
  end
end

class Module
  def sig(*) = nil
end

class Object
  def blank? = respond_to?(:empty?) ? empty? || (is_a?(String) && strip.empty?) : !self
  def present? = !blank?
  def delegate(*) = nil
end

folder = File.join(ARGV.fetch(0), "Library", "Homebrew")
$LOAD_PATH.unshift(folder)
require "pathname"
require "uri"
require "version"
require "pkg_version"

versions = $stdin.read.split("\n")
parsed = versions.map { |version| PkgVersion.parse(version) }
signs = { -1 => "<", 0 => "=", 1 => ">" }
answers = parsed.map { |one| parsed.map { |other| signs.fetch(one <=> other, "?") }.join }
puts JSON.generate({ versions:, answers: })
