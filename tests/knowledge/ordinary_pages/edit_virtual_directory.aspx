<%@ Page Language="C#" %>
<!-- A form that shows the settings of a virtual directory, by the names that the settings have. -->
<table>
<tr><td>ExternalUrl</td><td><asp:TextBox ID="ExternalUrl" runat="server" Text='<%# Bind("ExternalUrl") %>'/></td></tr>
<tr><td>InternalUrl</td><td><asp:TextBox ID="InternalUrl" runat="server"/></td></tr>
<tr><td>InternalAuthenticationMethods: <%= Methods %></td><td>ExtendedProtectionTokenChecking: <%= Checking %></td></tr>
</table>
<script runat="server"> string Methods, Checking; </script>
